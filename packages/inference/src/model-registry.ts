/**
 * Model names and what is behind them. A fine-tuned model or checkpoint belongs to one project and is a bundle; its record is
 * written only after the bundle is complete, so every name that can be found can be served. Base models are code: they need
 * no storage, and every process makes the same bits of them.
 */
import {
  AliasName,
  bundlesOf,
  check,
  type DecoderConfig,
  encodeStored,
  InvariantError,
  KEYS,
  decodeStored,
  ModelRecord,
  StoredAlias,
  StoredGrant,
} from '@preheat/contracts';
import {
  adapterFiles,
  BundleError,
  bundleFolder,
  CONFIG_FILE,
  encodeSafetensors,
  findDamage,
  huggingFaceConfigText,
  freshDecoder,
  GENERATION_CONFIG_FILE,
  generationConfig,
  inputsFirstModules,
  loadFolderWeights,
  loraModules,
  type LoraAdapter,
  mergeAdapter,
  openBundle,
  readAdapter,
  type TensorMap,
} from '@preheat/checkpoints';
import { listAll, type ObjectStore, putIdempotent } from '@preheat/ports';
import { letterToSoundTokenizer, loadTokenizer, type Tokenizer, type TokenizerFiles } from '@preheat/tokenizer';
import { BASE_MODELS, BASE_MODELS_SINCE_MS, type BaseModel } from './base-models.js';
import { describeFolder, fittingTokenizer } from './describe-folder.js';

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

/** A model without its weights: enough to validate and tokenise for it. */
export interface ModelDescription {
  readonly record: ModelRecord;
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  readonly tokenizerFiles: TokenizerFiles;
}

export interface LoadedModel extends ModelDescription {
  readonly tensors: TensorMap;
}

/** A model stored as what changes its base; the base is named by its record, whose bundle stays when its name is deleted. */
export interface AdaptedModel {
  readonly adapter: LoraAdapter;
  readonly base: ModelRecord;
}

/** Descriptions kept in memory; a tokenizer may hold megabytes. */
const MAX_DESCRIPTIONS = 128;

export class ModelRegistry {
  readonly #store: ObjectStore;
  readonly #baseModels: readonly BaseModel[];
  /** Bundles are immutable, so their descriptions are too. The oldest are forgotten: every checkpoint brings a new one. */
  readonly #descriptions = new Map<string, Promise<Omit<ModelDescription, 'record'>>>();

  constructor(store: ObjectStore, baseModels: readonly BaseModel[] = BASE_MODELS) {
    this.#store = store;
    this.#baseModels = baseModels;
  }

  /** A base model, the project's own model of this name, or the one that an alias of this name stands for. */
  async find(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const named = await this.findNamed(projectId, name);
    if (named) return named;
    const alias = await this.findAlias(projectId, name);
    return alias && this.findNamed(projectId, alias.current.model);
  }

  /** The same, but no alias. */
  async findNamed(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const base = this.#baseModels.find((known) => known.name === name);
    return base ? baseRecord(base) : unlessGone(await this.#read(projectId, name));
  }

  /** The record of a name that is gone, the project's own or one that it may call, which says since when and why. */
  async findGone(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const own = await this.#read(projectId, name);
    const record = own ?? (await this.#granted(projectId, name));
    return record?.gone && record;
  }

  /** What stands for a model under this name, or undefined. */
  async findAlias(projectId: string, name: string): Promise<StoredAlias | undefined> {
    if (!check(AliasName, name).ok) return undefined;
    const key = KEYS.alias(projectId, name);
    const object = await this.#store.get(key);
    return object && decodeStored(StoredAlias, object.body, key);
  }

  /** Also models that another project lets this one call: to be answered by and to train on, not to be read or deleted. */
  async findCallable(projectId: string, name: string): Promise<ModelRecord | undefined> {
    return (await this.find(projectId, name)) ?? unlessGone(await this.#granted(projectId, name));
  }

  async #granted(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const key = KEYS.grant(projectId, name);
    const object = await this.#store.get(key);
    const grant = object && decodeStored(StoredGrant, object.body, key);
    return grant && this.#read(grant.ownerProjectId, name);
  }

  /** Base models first, then the project's own, by name. */
  async list(projectId: string): Promise<ModelRecord[]> {
    const records = this.#baseModels.map(baseRecord);
    for await (const { key } of listAll(this.#store, KEYS.models(projectId))) {
      const object = await this.#store.get(key);
      const record = object && unlessGone(decodeStored(ModelRecord, object.body, key));
      if (record) records.push(record);
    }
    // By name, with numbers as numbers: ckpt-step-40 before ckpt-step-120.
    return records.sort((a, b) => byKind(a, b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** Makes a complete bundle callable. Writing the same name again repoints it. */
  async publish(record: ModelRecord): Promise<void> {
    const { projectId, name, expiresAtMs = null } = record;
    if (projectId === null) throw new InvariantError('base models are code and cannot be published');
    if (expiresAtMs !== null) {
      await putIdempotent(this.#store, KEYS.expiry(expiresAtMs, projectId, name), new Uint8Array());
    }
    await putIdempotent(this.#store, KEYS.model(projectId, name), encodeStored(record));
  }

  /** Config and tokenizer of a model. @throws BundleError when the bundle is damaged. */
  async describe(record: ModelRecord): Promise<ModelDescription> {
    const known = this.#descriptions.get(record.prefix);
    const base = this.#baseOf(record);
    const reading = known ?? (base ? describeBase(base) : this.#readDescription(record.prefix));
    this.#descriptions.set(record.prefix, reading);
    const [oldest] = this.#descriptions.keys();
    if (this.#descriptions.size > MAX_DESCRIPTIONS && oldest !== undefined) this.#descriptions.delete(oldest);
    try {
      return { record, ...(await reading) };
    } catch (error) {
      this.#descriptions.delete(record.prefix);
      throw error;
    }
  }

  /** Everything needed to run a model. @throws BundleError naming the object that is damaged, whatever stumbled over it. */
  async load(record: ModelRecord): Promise<LoadedModel> {
    try {
      return await this.#load(record);
    } catch (error) {
      if (error instanceof BundleError) throw error;
      throw (await findDamage(this.#store, bundlesOf(record))) ?? error;
    }
  }

  async #load(record: ModelRecord): Promise<LoadedModel> {
    const description = await this.describe(record);
    const base = this.#baseOf(record);
    if (base) return { ...description, tensors: freshDecoder(description.config, base.seed) };
    const adapted = await this.adapterOf(record);
    if (adapted) return { ...description, tensors: await this.#merged(description.config, adapted) };
    const bundle = await openBundle(this.#store, record.prefix);
    return { ...description, tensors: await loadFolderWeights(bundleFolder(bundle), description.config) };
  }

  /** The adapter that a model is stored as, and the base it changes; null for a model with weights of its own. */
  async adapterOf(record: ModelRecord): Promise<AdaptedModel | null> {
    if (this.#baseOf(record)) return null;
    const bundle = await openBundle(this.#store, record.prefix);
    if (!bundle.has(ADAPTER_BASE_BLOB)) return null;
    const base = decodeStored(
      ModelRecord,
      await bundle.read(ADAPTER_BASE_BLOB),
      `${record.prefix}/${ADAPTER_BASE_BLOB}`,
    );
    return { adapter: await readAdapter(bundleFolder(bundle)), base };
  }

  async #merged(config: DecoderConfig, { adapter, base }: AdaptedModel): Promise<TensorMap> {
    const { tensors } = await this.load(base);
    return mergeAdapter(tensors, adapter, inputsFirstModules(config));
  }

  async #read(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const key = KEYS.model(projectId, name);
    const object = await this.#store.get(key);
    return object && decodeStored(ModelRecord, object.body, key);
  }

  #baseOf(record: ModelRecord): BaseModel | undefined {
    return record.kind === 'base' ? this.#baseModels.find(({ name }) => name === record.name) : undefined;
  }

  async #readDescription(prefix: string): Promise<Omit<ModelDescription, 'record'>> {
    return describeFolder(bundleFolder(await openBundle(this.#store, prefix)));
  }
}

const unlessGone = (record: ModelRecord | undefined): ModelRecord | undefined => (record?.gone ? undefined : record);

/** Base models first. */
const byKind = (a: ModelRecord, b: ModelRecord): number => Number(a.kind !== 'base') - Number(b.kind !== 'base');

function baseRecord(base: BaseModel): ModelRecord {
  return {
    schemaVersion: 1,
    name: base.name,
    kind: 'base',
    projectId: null,
    createdAtMs: BASE_MODELS_SINCE_MS,
    ownedBy: 'preheat',
    prefix: `base/${base.name}`,
    jobId: null,
    base: null,
  };
}

/** Code does not change, so one description does for every registry of the process. */
const baseDescriptions = new WeakMap<BaseModel, Omit<ModelDescription, 'record'>>();

async function describeBase(base: BaseModel): Promise<Omit<ModelDescription, 'record'>> {
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

export { BASE_MODELS, type BaseModel, describeFolder, fittingTokenizer };
