/**
 * The config of a folder: `config.json`, with the end tokens of `generation_config.json`, which is where instruct models
 * list several of them and what transformers' `generate` obeys.
 */
import { type DecoderConfig, invariant } from '@preheat/contracts';
import { readHuggingFaceConfig, writeHuggingFaceConfig } from '../hugging-face-config.js';
import { type ModelFolder, ModelFolderError, readJsonObject } from './model-folder.js';

export const CONFIG_FILE = 'config.json';
export const GENERATION_CONFIG_FILE = 'generation_config.json';

const NO_KEYS: Record<string, unknown> = {};

/** @throws ModelFolderError naming the key that is missing or that we cannot compute with. */
export async function readFolderConfig(folder: ModelFolder): Promise<DecoderConfig> {
  const [config, generation] = await Promise.all([
    readJsonObject(folder, CONFIG_FILE),
    folder.names.includes(GENERATION_CONFIG_FILE) ? readJsonObject(folder, GENERATION_CONFIG_FILE) : NO_KEYS,
  ]);
  const endTokens = generation['eos_token_id'] ?? config['eos_token_id'];
  const checked = readHuggingFaceConfig({ ...config, ...(endTokens === undefined ? {} : { eos_token_id: endTokens }) });
  if (checked.ok) return checked.value;
  const [problem] = checked.problems;
  invariant(problem, 'a refused config has a problem');
  const isEnd = problem.path.startsWith('eos_token_id') && generation['eos_token_id'] !== undefined;
  throw new ModelFolderError(isEnd ? GENERATION_CONFIG_FILE : CONFIG_FILE, `${problem.path} ${problem.message}`.trim());
}

/** The object to store as `generation_config.json`: greedy decoding until one of the end tokens, unless asked otherwise. */
export function generationConfig(config: DecoderConfig): Record<string, unknown> {
  const { eos_token_id, pad_token_id, bos_token_id } = writeHuggingFaceConfig(config);
  return { bos_token_id, eos_token_id, pad_token_id, do_sample: false };
}
