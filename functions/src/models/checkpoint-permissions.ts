/**
 * Permissions of a checkpoint: its owner lets other projects call it. The grant is what lets a project in; the owner's
 * list only says where the grants are, so it is written first and deleted last.
 */
import {
  ApiError,
  type CheckpointPermission,
  decodeStored,
  encodeStored,
  KEYS,
  type ModelRecord,
  StoredGrant,
} from '@preheat/contracts';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import { type Clock, type Ids, listAll, type ObjectStore } from '@preheat/ports';
import type { PageOf, PageRequest } from '../listing/page.js';
import { findModel } from '../serving/find-model.js';

export interface PermissionDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly models: ModelRegistry;
}

export class CheckpointPermissions {
  readonly #deps: PermissionDependencies;

  constructor(deps: PermissionDependencies) {
    this.#deps = deps;
  }

  /** Granting again answers with the permission there is. @throws ApiError `model_not_found` or `invalid_request`. */
  async grant(projectId: string, model: string, projectIds: readonly string[]): Promise<CheckpointPermission[]> {
    await this.#owned(projectId, model);
    const granted: CheckpointPermission[] = [];
    for (const id of new Set(projectIds)) granted.push(toPermission(await this.#grantOne(projectId, model, id)));
    return granted;
  }

  /** @throws ApiError `model_not_found`, `invalid_request` when `after` is no permission of this model. */
  async list(
    projectId: string,
    model: string,
    request: PageRequest,
    grantee?: string,
  ): Promise<PageOf<CheckpointPermission>> {
    await this.#owned(projectId, model);
    const sign = request.order === 'asc' ? 1 : -1;
    const all = (await this.#grants(projectId, model)).sort((a, b) => sign * compare(a, b));
    const start = request.after === undefined ? 0 : all.findIndex((one) => one.permissionId === request.after) + 1;
    if (request.after !== undefined && start === 0) {
      throw new ApiError('invalid_request', `'after' names nothing in this list: ${request.after}.`, {
        param: 'after',
      });
    }
    const rest = all.slice(start).filter((one) => grantee === undefined || one.projectId === grantee);
    return { items: rest.slice(0, request.limit).map(toPermission), hasMore: rest.length > request.limit };
  }

  /** @throws ApiError `model_not_found` or `not_found`. */
  async revoke(projectId: string, model: string, permissionId: string): Promise<void> {
    await this.#owned(projectId, model);
    const found = (await this.#grants(projectId, model)).find((grant) => grant.permissionId === permissionId);
    if (!found) {
      const message = `The model has no permission with id ${permissionId}.`;
      throw new ApiError('not_found', message, { param: 'permission_id' });
    }
    await this.#deps.store.delete(KEYS.grant(found.projectId, model));
    await this.#deps.store.delete(KEYS.permission(projectId, model, found.projectId));
  }

  async #owned(projectId: string, model: string): Promise<ModelRecord> {
    const record = await findModel(this.#deps.models, projectId, model);
    // Only these names carry their project and job: no two owners can grant the same name.
    const isOwnName = record.name === model;
    if (isOwnName && (record.kind === 'checkpoint' || record.kind === 'fine-tuned')) return record;
    const message = `'${model}' is no fine-tuned model or checkpoint; only those have permissions.`;
    throw new ApiError('invalid_request', message, { param: 'fine_tuned_model_checkpoint' });
  }

  async #grantOne(ownerProjectId: string, model: string, projectId: string): Promise<StoredGrant> {
    const { store, clock, ids } = this.#deps;
    const known = await this.#read(projectId, model);
    if (known?.ownerProjectId === ownerProjectId) return known;
    const grant: StoredGrant = {
      schemaVersion: 1,
      permissionId: ids.next('cp_'),
      createdAtMs: clock.nowMs(),
      model,
      ownerProjectId,
      projectId,
    };
    await store.put(KEYS.permission(ownerProjectId, model, projectId), new Uint8Array());
    await store.put(KEYS.grant(projectId, model), encodeStored(grant));
    return grant;
  }

  async #read(projectId: string, model: string): Promise<StoredGrant | undefined> {
    const key = KEYS.grant(projectId, model);
    const object = await this.#deps.store.get(key);
    return object && decodeStored(StoredGrant, object.body, key);
  }

  async #grants(ownerProjectId: string, model: string): Promise<StoredGrant[]> {
    const prefix = KEYS.permissions(ownerProjectId, model);
    const found: StoredGrant[] = [];
    for await (const { key } of listAll(this.#deps.store, prefix)) {
      const grant = await this.#read(key.slice(prefix.length), model);
      if (grant?.ownerProjectId === ownerProjectId) found.push(grant);
    }
    return found;
  }
}

const compare = (a: StoredGrant, b: StoredGrant): number =>
  a.createdAtMs - b.createdAtMs || (a.permissionId < b.permissionId ? -1 : 1);

function toPermission(grant: StoredGrant): CheckpointPermission {
  return {
    id: grant.permissionId,
    object: 'checkpoint.permission',
    created_at: Math.floor(grant.createdAtMs / 1000),
    project_id: grant.projectId,
  };
}
