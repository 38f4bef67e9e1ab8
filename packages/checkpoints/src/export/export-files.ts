/** The files of a model in the layouts of other programs. */
import type { DecoderConfig, ExportDtype, ExportFormat } from '@preheat/contracts';
import { decoderToOnnx } from '../decoder-to-onnx.js';
import { CONFIG_FILE, GENERATION_CONFIG_FILE, generationConfig } from '../folder/folder-config.js';
import { GgufError, type GgmlType } from '../gguf/gguf-format.js';
import { ggufMetadata } from '../gguf/gguf-metadata.js';
import { ggufConfig, toGgufTensors } from '../gguf/gguf-tensors.js';
import type { TokenizerSource } from '../gguf/gguf-tokenizer.js';
import { ggufPieces } from '../gguf/write-gguf.js';
import { huggingFaceConfigText } from '../hugging-face-config.js';
import { adapterFiles, loraModules } from '../peft/adapter-files.js';
import { inputsFirstModules } from '../peft/inputs-first.js';
import type { LoraAdapter } from '../peft/lora-adapter.js';
import type { BlobContent } from '../publish-bundle.js';
import { DEFAULT_SHARD_BYTES, shardTensors } from '../safetensors/shards.js';
import type { TensorMap } from '../tensor.js';

export const ONNX_FILE = 'onnx/model.onnx';
export const GGUF_FILE = 'model.gguf';

export interface ExportSource {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly tensors: TensorMap;
  readonly tokenizerFiles: TokenizerSource;
  /** What a fine-tune adds to its base, where it is stored so. */
  readonly adapter: LoraAdapter | null;
}

export interface ExportOptions {
  readonly format: ExportFormat;
  readonly dtype: ExportDtype;
  readonly shardBytes?: number | undefined;
}

/** The model cannot be written in this format or type. */
export class ModelExportError extends Error {
  override readonly name = 'ModelExportError';
}

/** A protocol buffer, which an ONNX file is, ends at 2 GB. */
const MAX_ONNX_WEIGHT_BYTES = 2 ** 31 - 2 ** 24;
export const STORED_DTYPE = { float32: 'F32', bfloat16: 'BF16', float16: 'F16' } as const satisfies Record<
  ExportDtype,
  GgmlType
>;

/** @throws ModelExportError saying what can be written instead. */
export function exportFiles(source: ExportSource, options: ExportOptions): Map<string, BlobContent> {
  const { format, dtype } = options;
  if (dtype !== 'float32' && (format === 'transformers-js' || format === 'peft')) {
    throw new ModelExportError(`${format} is written in float32 only; ${dtype} is for hf and gguf`);
  }
  if (format === 'hf') return new Map([...descriptions(source, dtype), ...weights(source, options)]);
  if (format === 'transformers-js') return new Map([...descriptions(source, dtype), [ONNX_FILE, onnx(source)]]);
  if (format === 'gguf') return new Map([[GGUF_FILE, gguf(source, dtype)]]);
  return peft(source);
}

function descriptions({ config, tokenizerFiles }: ExportSource, dtype: ExportDtype): [string, BlobContent][] {
  const json = (value: object) => JSON.stringify(value, null, 2);
  const files: Record<string, string> = {
    [CONFIG_FILE]: huggingFaceConfigText(config, dtype),
    [GENERATION_CONFIG_FILE]: json(generationConfig(config)),
    'tokenizer.json': json(tokenizerFiles.tokenizerJson),
    'tokenizer_config.json': json(tokenizerFiles.tokenizerConfig),
  };
  return Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]);
}

function weights({ tensors }: ExportSource, { dtype, shardBytes }: ExportOptions): [string, BlobContent][] {
  const files = shardTensors(tensors, STORED_DTYPE[dtype], shardBytes ?? DEFAULT_SHARD_BYTES);
  return files.map(({ name, pieces }) => [name, pieces]);
}

function onnx({ config, tensors }: ExportSource): Uint8Array {
  const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > MAX_ONNX_WEIGHT_BYTES) {
    throw new ModelExportError(
      `the weights have ${bytes} bytes in float32, an ONNX file ends at 2 GB; export as hf or gguf`,
    );
  }
  return decoderToOnnx(config, tensors, 'exchange');
}

function gguf({ name, config, tensors, tokenizerFiles }: ExportSource, dtype: ExportDtype): BlobContent {
  const type = STORED_DTYPE[dtype];
  try {
    const expressible = ggufConfig(config);
    const metadata = ggufMetadata(expressible, tokenizerFiles, { name, dtype: type });
    const renamed = toGgufTensors(expressible, tensors);
    return () => ggufPieces(metadata, renamed, type);
  } catch (error) {
    if (error instanceof GgufError) throw new ModelExportError(error.message, { cause: error });
    throw error;
  }
}

function peft({ config, adapter }: ExportSource): Map<string, BlobContent> {
  if (adapter) return adapterFiles(adapter, isInputsFirst(config, adapter));
  throw new ModelExportError(
    'this model has no adapter: its weights were trained, or imported, whole; export it as hf',
  );
}

/** peft has one switch for all modules of an adapter. */
function isInputsFirst(config: DecoderConfig, adapter: LoraAdapter): boolean {
  const inputsFirst = inputsFirstModules(config);
  const [first, ...others] = loraModules(adapter).map(({ module }) => inputsFirst(module));
  if (others.some((each) => each !== first)) {
    throw new ModelExportError('the adapter changes modules stored in two ways, which peft cannot say; export as hf');
  }
  return first ?? false;
}
