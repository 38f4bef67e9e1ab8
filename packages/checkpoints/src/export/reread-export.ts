/** The weights that an export really holds, read back from its files. (transformers.js's graph is not read, it is run.) */
import { type DecoderConfig, decoderTensors, type ExportFormat } from '@preheat/contracts';
import { loadFolderWeights } from '../folder/load-weights.js';
import { type ModelFolder, readBytes } from '../folder/model-folder.js';
import { fromGgufTensors, ggufConfig } from '../gguf/gguf-tensors.js';
import { readGguf } from '../gguf/read-gguf.js';
import { ggufDtype } from '../gguf/write-gguf.js';
import { readAdapter } from '../peft/adapter-files.js';
import { mergeAdapter } from '../peft/merge-adapter.js';
import { fromFloat32, toFloat32 } from '../safetensors/dtypes.js';
import type { Tensor, TensorMap } from '../tensor.js';
import { inputsFirstModules } from '../peft/inputs-first.js';
import { type ExportOptions, GGUF_FILE, STORED_DTYPE } from './export-files.js';

export type WeightFormat = Exclude<ExportFormat, 'transformers-js'>;

/** @param base Weights that an adapter is read on top of. */
export async function rereadWeights(
  folder: ModelFolder,
  config: DecoderConfig,
  format: WeightFormat,
  base: TensorMap | null,
): Promise<Map<string, Tensor>> {
  if (format === 'hf') return loadFolderWeights(folder, config);
  if (format === 'peft') return mergeAdapter(base ?? new Map(), await readAdapter(folder), inputsFirstModules(config));
  const names = decoderTensors(config).map(({ name }) => name);
  return fromGgufTensors(ggufConfig(config), names, readGguf(await readBytes(folder, GGUF_FILE)).tensors);
}

/** The weights as the export promises to hold them: rounded to its type, in GGUF only the matrices. */
export function roundedWeights(tensors: TensorMap, { format, dtype }: ExportOptions): TensorMap {
  if (dtype === 'float32') return tensors;
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const type = format === 'gguf' ? ggufDtype(tensor, STORED_DTYPE[dtype]) : STORED_DTYPE[dtype];
      return [name, { shape: tensor.shape, data: toFloat32(type, fromFloat32(type, tensor.data)) }];
    }),
  );
}
