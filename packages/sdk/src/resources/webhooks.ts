/** Webhook endpoints: addresses that are told when a job or a run has ended. Deliveries are read with `unwrapWebhook`. */
import type {
  CreateWebhookEndpoint,
  UpdateWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '../generated/wire.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';
import type { WebhookEventType } from '../unwrap-webhook.js';

export interface RotateWebhookSecret {
  /** The old secret signs too, for a day; unless said it ends at once. */
  readonly keepOldSecretActiveFor24Hours?: boolean;
}

export interface WebhookEndpointTest {
  readonly object: 'webhook_endpoint.test';
  readonly webhook_endpoint_id: string;
  readonly event_type: WebhookEventType;
  readonly status_code: number;
  readonly success: true;
}

export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer holds the signing secret, which is shown here and after `rotateSecret` only. */
  create(body: CreateWebhookEndpoint, options?: RequestOptions): Promise<WebhookEndpointWithSecret> {
    return this.#transport.json({ method: 'POST', path: PATH, body }, options);
  }

  /** Newest first. */
  list(query: { limit?: number } = {}, options?: RequestOptions): Paginator<WebhookEndpoint> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: PATH, query: { ...query, after } }, options),
    );
  }

  retrieve(id: string, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#transport.json({ method: 'GET', path: endpointPath(id) }, options);
  }

  /** `status: 'enabled'` takes an endpoint that the platform gave up back into service. */
  update(id: string, body: UpdateWebhookEndpoint, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#transport.json({ method: 'POST', path: endpointPath(id), body }, options);
  }

  delete(
    id: string,
    options?: RequestOptions,
  ): Promise<{ id: string; object: 'webhook_endpoint.deleted'; deleted: boolean }> {
    return this.#transport.json({ method: 'DELETE', path: endpointPath(id) }, options);
  }

  rotateSecret(
    id: string,
    { keepOldSecretActiveFor24Hours: keep = false }: RotateWebhookSecret = {},
    options?: RequestOptions,
  ): Promise<WebhookEndpointWithSecret> {
    const body = { keep_old_secret_active_for_24_hours: keep };
    return this.#transport.json({ method: 'POST', path: `${endpointPath(id)}/rotate_secret`, body }, options);
  }

  /** Sends a signed sample event now. Throws `webhook_unreachable` when the endpoint does not answer with success. */
  test(id: string, eventType: WebhookEventType, options?: RequestOptions): Promise<WebhookEndpointTest> {
    const body = { event_type: eventType };
    return this.#transport.json({ method: 'POST', path: `${endpointPath(id)}/test`, body }, options);
  }
}

const PATH = '/webhook_endpoints';

const endpointPath = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;
