/** What a stored model consists of: the names of its blobs, and the blobs of a model that is written here. */
import { type DecoderConfig, encodeStored, type ModelRecord } from '@preheat/contracts';
import {
  adapterFiles,
  CONFIG_FILE,
  encodeSafetensors,
  GENERATION_CONFIG_FILE,
  generationConfig,
  huggingFaceConfigText,
  inputsFirstModules,
  loraModules,
  type LoraAdapter,
  type TensorMap,
} from '@preheat/checkpoints';
import type { TokenizerFiles } from '@preheat/tokenizer';
import type { ModelDescription } from './model-description.js';

/** Names of the blobs that make up a model written here; imported ones may have others, see `describeFolder`. */
export const MODEL_BLOBS = {
  config: CONFIG_FILE,
  generationConfig: GENERATION_CONFIG_FILE,
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  weights: 'model.safetensors',
} as const;

/** Beside an adapter instead of weights: the record of the model it changes. */
export const ADAPTER_BASE_BLOB = 'base.json';

/** The blobs of a servable model: the files of a Hugging Face folder. */
export function modelBlobs(config: DecoderConfig, files: TokenizerFiles, tensors: TensorMap): Map<string, Uint8Array> {
  return descriptionBlobs(config, files).set(MODEL_BLOBS.weights, encodeSafetensors(tensors));
}

/** The blobs of a model that is stored as what changes its base. */
export function adapterBlobs(
  { config, tokenizerFiles }: Pick<ModelDescription, 'config' | 'tokenizerFiles'>,
  adapter: LoraAdapter,
  base: ModelRecord,
): Map<string, Uint8Array> {
  const isInputsFirst = inputsFirstModules(config);
  const fanInFanOut = loraModules(adapter).some(({ module }) => isInputsFirst(module));
  const files = adapterFiles({ ...adapter, config: { ...adapter.config, baseModel: base.name } }, fanInFanOut);
  const blobs = descriptionBlobs(config, tokenizerFiles).set(ADAPTER_BASE_BLOB, encodeStored(base));
  return new Map([...blobs, ...files]);
}

/** The same without the weights. */
export function descriptionBlobs(config: DecoderConfig, files: TokenizerFiles): Map<string, Uint8Array> {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const json = (value: object) => utf8(JSON.stringify(value, null, 2));
  return new Map([
    [MODEL_BLOBS.config, utf8(huggingFaceConfigText(config))],
    [MODEL_BLOBS.generationConfig, json(generationConfig(config))],
    [MODEL_BLOBS.tokenizer, json(files.tokenizerJson)],
    [MODEL_BLOBS.tokenizerConfig, json(files.tokenizerConfig)],
  ]);
}
