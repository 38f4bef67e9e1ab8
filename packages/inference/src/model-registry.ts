/**
 * Model names and what is behind them. A fine-tuned model or checkpoint belongs to one project and is a bundle; its record is
 * written only after the bundle is complete, so every name that can be found can be served. Base models are code: they need
 * no storage, and every process makes the same bits of them. What reads models is loaded with the first that is read.
 */
import {
  AliasName,
  check,
  decodeStored,
  encodeStored,
  InvariantError,
  KEYS,
  ModelRecord,
  StoredAlias,
  StoredGrant,
} from '@preheat/contracts';
import type { Bundle } from '@preheat/checkpoints';
import { listAll, type ObjectStore, putIdempotent } from '@preheat/ports';
import { BASE_MODELS, BASE_MODELS_SINCE_MS, type BaseModel } from './base-models.js';
import type { FolderDescription } from './describe-folder.js';
import type { AdaptedModel, LoadedModel, ModelDescription } from './model-description.js';
import { Remembered } from './remembered.js';

/** Descriptions kept in memory; a tokenizer may hold megabytes. */
const MAX_DESCRIPTIONS = 128;
/** Manifests kept in memory: opening a model asks for its own several times. */
const MAX_MANIFESTS = 128;

export class ModelRegistry {
  readonly #store: ObjectStore;
  readonly #baseModels: readonly BaseModel[];
  /** By prefix: bundles are immutable. Every checkpoint brings a new one. */
  readonly #descriptions = new Remembered<FolderDescription>(MAX_DESCRIPTIONS);
  readonly #bundles = new Remembered<Bundle>(MAX_MANIFESTS);

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
    return { record, ...(await this.#descriptions.get(record.prefix, () => this.#readContent(record))) };
  }

  /** Everything needed to run a model. @throws BundleError naming the object that is damaged, whatever stumbled over it. */
  async load(record: ModelRecord): Promise<LoadedModel> {
    const { baseWeights, readWeights, whyUnreadable } = await import('./model-contents.js');
    try {
      const description = await this.describe(record);
      const base = this.#baseOf(record);
      if (base) return { ...description, tensors: baseWeights(description.config, base) };
      const loadBase = async (changed: ModelRecord) => (await this.load(changed)).tensors;
      return { ...description, tensors: await readWeights(await this.#bundle(record), description.config, loadBase) };
    } catch (error) {
      throw await whyUnreadable(this.#store, record, error);
    }
  }

  /** The adapter that a model is stored as, and the base it changes; null for a model with weights of its own. */
  async adapterOf(record: ModelRecord): Promise<AdaptedModel | null> {
    if (this.#baseOf(record)) return null;
    const { readAdapted } = await import('./model-contents.js');
    return readAdapted(await this.#bundle(record));
  }

  async #read(projectId: string, name: string): Promise<ModelRecord | undefined> {
    const key = KEYS.model(projectId, name);
    const object = await this.#store.get(key);
    return object && decodeStored(ModelRecord, object.body, key);
  }

  #baseOf(record: ModelRecord): BaseModel | undefined {
    return record.kind === 'base' ? this.#baseModels.find(({ name }) => name === record.name) : undefined;
  }

  async #readContent(record: ModelRecord): Promise<FolderDescription> {
    const { describeBase, readContent } = await import('./model-contents.js');
    const base = this.#baseOf(record);
    return base ? describeBase(base) : readContent(await this.#bundle(record));
  }

  #bundle({ prefix }: ModelRecord): Promise<Bundle> {
    return this.#bundles.get(prefix, async () => {
      const { openBundle } = await import('./model-contents.js');
      return openBundle(this.#store, prefix);
    });
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

export type { AdaptedModel, LoadedModel, ModelDescription };
export { BASE_MODELS, type BaseModel };
