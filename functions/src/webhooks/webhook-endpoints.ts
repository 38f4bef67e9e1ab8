/** The webhook endpoints of a project, and the secrets their deliveries are signed with. */
import {
  ApiError,
  type CreateWebhookEndpoint,
  KEYS,
  StoredWebhookEndpoint,
  type UpdateWebhookEndpoint,
  type WebhookEndpoint,
  type WebhookEndpointWithSecret,
} from '@preheat/contracts';
import { DocumentStore } from '@preheat/jobs';
import { type Clock, type Ids, listAll, type ObjectStore } from '@preheat/ports';
import type { PageOf, PageRequest } from '../listing/page.js';
import { timeId } from '../listing/time-id.js';
import { newSigningSecret, secretHint } from './signed-headers.js';

export interface EndpointDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

const MAX_ENDPOINTS = 50;
const OLD_SECRET_MS = 24 * 3_600_000;

export class WebhookEndpoints {
  readonly #deps: EndpointDependencies;
  readonly #documents: DocumentStore<typeof StoredWebhookEndpoint>;

  constructor(deps: EndpointDependencies) {
    this.#deps = deps;
    this.#documents = new DocumentStore(deps.store, StoredWebhookEndpoint, deps.ids);
  }

  /** @throws ApiError `invalid_request` when the project has as many endpoints as it may have. */
  async create(projectId: string, request: CreateWebhookEndpoint): Promise<StoredWebhookEndpoint> {
    if ((await this.all(projectId)).length >= MAX_ENDPOINTS) {
      throw new ApiError('invalid_request', `A project may have at most ${MAX_ENDPOINTS} webhook endpoints.`);
    }
    const { id, createdAtMs } = timeId('whe_', this.#deps);
    const stored: StoredWebhookEndpoint = {
      schemaVersion: 1,
      writeId: this.#documents.nextWriteId(),
      id,
      projectId,
      createdAtMs,
      updatedAtMs: createdAtMs,
      name: request.name,
      url: request.url,
      eventTypes: request.event_types,
      secrets: [{ secret: newSigningSecret(this.#deps.ids), expiresAtMs: null }],
      state: 'enabled',
      disabledReason: null,
    };
    await this.#documents.create(KEYS.webhookEndpoint(projectId, id), stored);
    return stored;
  }

  /** Oldest first: ids begin with the time. */
  async all(projectId: string): Promise<StoredWebhookEndpoint[]> {
    const found: StoredWebhookEndpoint[] = [];
    for await (const { key } of listAll(this.#deps.store, KEYS.webhookEndpoints(projectId))) {
      const stored = await this.#documents.read(key);
      if (stored) found.push(stored.document);
    }
    return found;
  }

  /** @throws ApiError `invalid_request` when `after` names nothing. */
  async list(projectId: string, request: PageRequest): Promise<PageOf<StoredWebhookEndpoint>> {
    const all = await this.all(projectId);
    if (request.order === 'desc') all.reverse();
    const start = request.after === undefined ? 0 : all.findIndex(({ id }) => id === request.after) + 1;
    if (request.after !== undefined && start === 0) {
      throw new ApiError('invalid_request', `'after' names nothing in this list: ${request.after}.`, {
        param: 'after',
      });
    }
    const rest = all.slice(start);
    return { items: rest.slice(0, request.limit), hasMore: rest.length > request.limit };
  }

  async find(projectId: string, id: string): Promise<StoredWebhookEndpoint | undefined> {
    return (await this.#documents.read(KEYS.webhookEndpoint(projectId, id)))?.document;
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, id: string): Promise<StoredWebhookEndpoint> {
    return (await this.find(projectId, id)) ?? refuseId(id);
  }

  update(projectId: string, id: string, changes: UpdateWebhookEndpoint): Promise<StoredWebhookEndpoint> {
    return this.#change(projectId, id, (endpoint) => {
      const { name = endpoint.name, url = endpoint.url, event_types: eventTypes = endpoint.eventTypes } = changes;
      const state = changes.status ?? endpoint.state;
      return {
        ...endpoint,
        name,
        url,
        eventTypes,
        state,
        disabledReason: state === 'enabled' ? null : endpoint.disabledReason,
      };
    });
  }

  /** A new secret; the old one signs beside it for a day if that was asked for. */
  rotate(projectId: string, id: string, keepsOld: boolean): Promise<StoredWebhookEndpoint> {
    const nowMs = this.#deps.clock.nowMs();
    const secret = { secret: newSigningSecret(this.#deps.ids), expiresAtMs: null };
    return this.#change(projectId, id, (endpoint) => {
      const valid = endpoint.secrets.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs);
      const old = valid.map((one) => ({ ...one, expiresAtMs: one.expiresAtMs ?? nowMs + OLD_SECRET_MS }));
      return { ...endpoint, secrets: [secret, ...(keepsOld ? old.slice(0, 7) : [])] };
    });
  }

  /** Stops delivering, once: false when the endpoint is disabled or gone already. */
  async disable(projectId: string, id: string, reason: string): Promise<boolean> {
    let isOurs = false;
    const updatedAtMs = this.#deps.clock.nowMs();
    await this.#documents.update(KEYS.webhookEndpoint(projectId, id), (endpoint) => {
      isOurs = endpoint.state === 'enabled';
      return isOurs
        ? { ...endpoint, state: 'disabled', disabledReason: reason.slice(0, 1024), updatedAtMs }
        : undefined;
    });
    return isOurs;
  }

  /** @throws ApiError `not_found`. */
  async delete(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    await this.#deps.store.delete(KEYS.webhookEndpoint(projectId, id));
  }

  async #change(
    projectId: string,
    id: string,
    change: (endpoint: StoredWebhookEndpoint) => StoredWebhookEndpoint,
  ): Promise<StoredWebhookEndpoint> {
    const updatedAtMs = this.#deps.clock.nowMs();
    const stored = await this.#documents.update(KEYS.webhookEndpoint(projectId, id), (endpoint) => ({
      ...change(endpoint),
      updatedAtMs,
    }));
    return stored?.document ?? refuseId(id);
  }
}

function refuseId(id: string): never {
  const message = `No webhook endpoint with id ${id} exists in this project.`;
  throw new ApiError('not_found', message, { param: 'webhook_endpoint_id' });
}

/** The secrets a delivery is signed with now, the newest first. */
export function validSecrets({ secrets }: StoredWebhookEndpoint, nowMs: number): string[] {
  return secrets.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs).map(({ secret }) => secret);
}

const currentSecret = ({ secrets }: StoredWebhookEndpoint): string => secrets[0]?.secret ?? '';

export function toEndpointObject(stored: StoredWebhookEndpoint): WebhookEndpoint {
  return {
    id: stored.id,
    object: 'webhook_endpoint',
    created_at: Math.floor(stored.createdAtMs / 1000),
    updated_at: Math.floor(stored.updatedAtMs / 1000),
    name: stored.name,
    url: stored.url,
    event_types: stored.eventTypes,
    signing_secret_hint: secretHint(currentSecret(stored)),
    status: stored.state,
    disabled_reason: stored.disabledReason,
  };
}

export function withSecret(stored: StoredWebhookEndpoint): WebhookEndpointWithSecret {
  return { ...toEndpointObject(stored), signing_secret: currentSecret(stored) };
}
