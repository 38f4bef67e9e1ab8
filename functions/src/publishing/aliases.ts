/** Names that stand for models. An alias is one document, so moving it is one write: every request sees the old or the new model. */
import { ApiError, KEYS, type ModelAlias, movedAlias, StoredAlias } from '@preheat/contracts';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import { DocumentStore } from '@preheat/jobs';
import { type Clock, type Ids, listAll, type ObjectStore } from '@preheat/ports';

export interface AliasDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly models: ModelRegistry;
}

export class Aliases {
  readonly #deps: AliasDependencies;
  readonly #documents: DocumentStore<typeof StoredAlias>;

  constructor(deps: AliasDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, StoredAlias, deps.ids);
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, alias: string): Promise<StoredAlias> {
    const stored = await this.#deps.models.findAlias(projectId, alias);
    if (stored) return stored;
    throw new ApiError('not_found', `This project has no alias '${alias}'.`, { param: 'alias' });
  }

  /** By name. */
  async list(projectId: string): Promise<StoredAlias[]> {
    const found: StoredAlias[] = [];
    for await (const { key } of listAll(this.#deps.store, KEYS.aliases(projectId))) {
      const stored = await this.#documents.read(key);
      if (stored) found.push(stored.document);
    }
    return found;
  }

  /** The aliases that stand for a model. */
  async of(projectId: string, model: string): Promise<string[]> {
    const all = await this.list(projectId);
    return all.filter(({ current }) => current.model === model).map(({ alias }) => alias);
  }

  /**
   * Lets an alias stand for a model, whatever it stood for before. A job publishes once: that its model is, or was, what the
   * alias stands for is remembered, so that a repetition does not undo what somebody did since.
   */
  async move(projectId: string, alias: string, model: string, jobId: string | null = null): Promise<StoredAlias> {
    const nowMs = this.#deps.clock.nowMs();
    const key = KEYS.alias(projectId, alias);
    const current = { model, movedAtMs: nowMs, jobId };
    const writeId = this.#documents.nextWriteId();
    const fresh = { schemaVersion: 1 as const, writeId, alias, createdAtMs: nowMs, current, previous: [] };
    const { created, stored } = await this.#documents.create(key, fresh);
    if (created) return stored.document;
    const moved = await this.#documents.update(key, (before) => {
      const isDone = jobId !== null && [before.current, ...before.previous].some((one) => one.jobId === jobId);
      return isDone || before.current.model === model ? undefined : movedAlias(before, current);
    });
    // Deleted meanwhile: then it is new again.
    return moved?.document ?? this.move(projectId, alias, model, jobId);
  }

  /** @throws ApiError `not_found`. */
  async remove(projectId: string, alias: string): Promise<void> {
    await this.get(projectId, alias);
    await this.#deps.store.delete(KEYS.alias(projectId, alias));
  }
}

/** @throws ApiError `invalid_request` for a name that is a model's own. */
export async function refuseTakenName(
  { models }: Pick<AliasDependencies, 'models'>,
  projectId: string,
  alias: string,
  param: string,
): Promise<void> {
  if (!(await models.findNamed(projectId, alias))) return;
  throw new ApiError('invalid_request', `'${param}' is the name of a model: ${alias}. Choose another.`, { param });
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

const toTarget = ({ model, movedAtMs, jobId }: StoredAlias['current']) => ({
  model,
  moved_at: seconds(movedAtMs),
  fine_tuning_job_id: jobId,
});

export function toModelAlias({ alias, createdAtMs, current, previous }: StoredAlias): ModelAlias {
  const created_at = seconds(createdAtMs);
  return { object: 'model.alias', id: alias, created_at, ...toTarget(current), previous: previous.map(toTarget) };
}
