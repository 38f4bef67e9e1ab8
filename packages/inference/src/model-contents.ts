/**
 * What is in models: configs, tokenizers and weights. Apart from the registry of their names, which processes need that open no
 * model: reading them takes the tokenizers and the checkpoints.
 */
import { bundlesOf, type DecoderConfig, decodeStored, InvariantError, ModelRecord } from '@preheat/contracts';
import {
  type Bundle,
  BundleError,
  bundleFolder,
  findDamage,
  freshDecoder,
  inputsFirstModules,
  loadFolderWeights,
  mergeAdapter,
  openBundle,
  readAdapter,
  type TensorMap,
} from '@preheat/checkpoints';
import type { ObjectStore } from '@preheat/ports';
import { letterToSoundTokenizer, loadTokenizer, type Tokenizer } from '@preheat/tokenizer';
import type { BaseModel } from './base-models.js';
import { describeFolder, type FolderDescription } from './describe-folder.js';
import { ADAPTER_BASE_BLOB } from './model-blobs.js';
import type { AdaptedModel } from './model-description.js';

/** @throws BundleError when the bundle is damaged. */
export function readContent(bundle: Bundle): Promise<FolderDescription> {
  return describeFolder(bundleFolder(bundle));
}

/** The adapter that a bundle holds, and the base it changes; null for weights of its own. */
export async function readAdapted(bundle: Bundle): Promise<AdaptedModel | null> {
  if (!bundle.has(ADAPTER_BASE_BLOB)) return null;
  const object = `${bundle.prefix}/${ADAPTER_BASE_BLOB}`;
  const base = decodeStored(ModelRecord, await bundle.read(ADAPTER_BASE_BLOB), object);
  return { adapter: await readAdapter(bundleFolder(bundle)), base };
}

/** @param loadBase Loads the model that an adapter changes. */
export async function readWeights(
  bundle: Bundle,
  config: DecoderConfig,
  loadBase: (record: ModelRecord) => Promise<TensorMap>,
): Promise<TensorMap> {
  const adapted = await readAdapted(bundle);
  if (adapted) return mergeAdapter(await loadBase(adapted.base), adapted.adapter, inputsFirstModules(config));
  return loadFolderWeights(bundleFolder(bundle), config);
}

export { openBundle };

export const baseWeights = (config: DecoderConfig, { seed }: BaseModel): TensorMap => freshDecoder(config, seed);

/** The damaged object of a model that could not be read, whatever stumbled over it; `error` itself where none is damaged. */
export async function whyUnreadable(store: ObjectStore, record: ModelRecord, error: unknown): Promise<unknown> {
  return error instanceof BundleError ? error : ((await findDamage(store, bundlesOf(record))) ?? error);
}

/** Code does not change, so one description does for every registry of the process. */
const baseDescriptions = new WeakMap<BaseModel, FolderDescription>();

export function describeBase(base: BaseModel): FolderDescription {
  const known = baseDescriptions.get(base);
  if (known) return known;
  const tokenizerFiles = letterToSoundTokenizer();
  const tokenizer = loadTokenizer(tokenizerFiles);
  const description = { config: baseConfig(base, tokenizer), tokenizer, tokenizerFiles };
  baseDescriptions.set(base, description);
  return description;
}

/** The config of a base model once its tokenizer is known. */
export function baseConfig(base: BaseModel, tokenizer: Tokenizer): DecoderConfig {
  const { bos, eos, pad } = tokenizer.specialIds;
  if (eos === null) throw new InvariantError('the tokenizer of a base model has no end token');
  return { ...base.shape, vocab_size: tokenizer.vocabSize, bos_token_id: bos, eos_token_id: eos, pad_token_id: pad };
}
