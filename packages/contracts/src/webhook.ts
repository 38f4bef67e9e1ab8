/** Webhook endpoints, the events they are told, and the deliveries that outlive the process that makes them. */
import Type, { type Static } from 'typebox';
import { Count, Id, Nullable, OneOf, RecentWriteIds, UnixSeconds } from './primitives.js';

/** OpenAI's types for what this platform does; the last one is an extension. */
export const WEBHOOK_EVENT_TYPES = [
  'fine_tuning.job.succeeded',
  'fine_tuning.job.failed',
  'fine_tuning.job.cancelled',
  'eval.run.succeeded',
  'eval.run.failed',
  'eval.run.canceled',
  'webhook_endpoint.disabled',
] as const;
export const WebhookEventType = OneOf(WEBHOOK_EVENT_TYPES);
export type WebhookEventType = Static<typeof WebhookEventType>;

const Name = Type.String({ minLength: 1, maxLength: 256 });
const Url = Type.String({ minLength: 8, maxLength: 2048, pattern: '^https?://' });
const EventTypes = Type.Array(WebhookEventType, {
  minItems: 1,
  maxItems: WEBHOOK_EVENT_TYPES.length,
  uniqueItems: true,
});

export const CreateWebhookEndpoint = Type.Object({ name: Name, url: Url, event_types: EventTypes });
export type CreateWebhookEndpoint = Static<typeof CreateWebhookEndpoint>;
export const UpdateWebhookEndpoint = Type.Object({
  name: Type.Optional(Name),
  url: Type.Optional(Url),
  event_types: Type.Optional(EventTypes),
  /** Extension: `enabled` takes an endpoint that was disabled back into service. */
  status: Type.Optional(OneOf(['enabled', 'disabled'])),
});
export type UpdateWebhookEndpoint = Static<typeof UpdateWebhookEndpoint>;
export const RotateSecret = Type.Object({ keep_old_secret_active_for_24_hours: Type.Optional(Type.Boolean()) });
export const TestWebhookEndpoint = Type.Object({ event_type: WebhookEventType });

const endpointFields = {
  id: Id,
  object: Type.Literal('webhook_endpoint'),
  created_at: UnixSeconds,
  updated_at: UnixSeconds,
  name: Name,
  url: Url,
  event_types: EventTypes,
  signing_secret_hint: Nullable(Type.String({ maxLength: 64 })),
  /** Extension. */
  status: OneOf(['enabled', 'disabled']),
  /** Extension: why the platform stopped delivering. */
  disabled_reason: Nullable(Type.String({ maxLength: 1024 })),
};
export const WebhookEndpoint = Type.Object(endpointFields);
export type WebhookEndpoint = Static<typeof WebhookEndpoint>;
/** The secret is shown when it is made and never again. */
export const WebhookEndpointWithSecret = Type.Object({
  ...endpointFields,
  signing_secret: Type.String({ maxLength: 128 }),
});
export type WebhookEndpointWithSecret = Static<typeof WebhookEndpointWithSecret>;
export const WebhookEndpointTest = Type.Object({
  object: Type.Literal('webhook_endpoint.test'),
  webhook_endpoint_id: Id,
  event_type: WebhookEventType,
  status_code: Type.Integer({ minimum: 100, maximum: 599 }),
  success: Type.Literal(true),
});
export type WebhookEndpointTest = Static<typeof WebhookEndpointTest>;

const SigningSecret = Type.Object({
  /** `whsec_` and the key in base64. */
  secret: Type.String({ maxLength: 128 }),
  /** Null for the current one. */
  expiresAtMs: Nullable(Count),
});

/** `webhooks/<project>/endpoints/<id>.json`. The secrets are needed in clear: they sign. */
export const StoredWebhookEndpoint = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  projectId: Id,
  createdAtMs: Count,
  updatedAtMs: Count,
  name: Name,
  url: Url,
  eventTypes: EventTypes,
  secrets: Type.Array(SigningSecret, { minItems: 1, maxItems: 8 }),
  state: OneOf(['enabled', 'disabled']),
  disabledReason: Nullable(Type.String({ maxLength: 1024 })),
});
export type StoredWebhookEndpoint = Static<typeof StoredWebhookEndpoint>;

export const WebhookEvent = Type.Object({
  id: Id,
  object: Type.Literal('event'),
  created_at: UnixSeconds,
  type: WebhookEventType,
  data: Type.Object({ id: Id }, { additionalProperties: Type.Unknown() }),
});
export type WebhookEvent = Static<typeof WebhookEvent>;

/** `webhooks/<project>/deliveries/<id>.json`: one event for one endpoint, until it is delivered or given up. */
export const StoredDelivery = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  projectId: Id,
  endpointId: Id,
  event: WebhookEvent,
  state: OneOf(['pending', 'delivered', 'failed', 'dropped']),
  attempts: Count,
  dueAtMs: Count,
  lastProblem: Nullable(Type.String({ maxLength: 1024 })),
});
export type StoredDelivery = Static<typeof StoredDelivery>;
