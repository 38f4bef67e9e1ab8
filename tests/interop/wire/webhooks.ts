/** Webhook endpoints and errors (sections A.11 and A.1.3 of the wire). */
import { always, closed, extension, flag, id, list, maybe, one, optional, seconds, text, whole } from './notation.js';

const types = [
  'fine_tuning.job.succeeded',
  'fine_tuning.job.failed',
  'fine_tuning.job.cancelled',
  'eval.run.succeeded',
  'eval.run.failed',
  'eval.run.canceled',
  'webhook_endpoint.disabled',
];
const endpoint = () => ({
  id: id('whe_'),
  object: one('webhook_endpoint'),
  created_at: seconds(),
  updated_at: optional(seconds()),
  name: text(),
  url: text(),
  event_types: list(one(...types)),
  signing_secret_hint: maybe(text()),
  status: extension(one('enabled', 'disabled')),
  disabled_reason: extension(maybe(text())),
});

export const Endpoint = closed(endpoint());
export const EndpointWithSecret = closed({ ...endpoint(), signing_secret: text() });
export const EndpointRequest = closed({ name: text(), url: text(), event_types: list(one(...types)) });
export const EndpointUpdate = closed({
  name: optional(text()),
  url: optional(text()),
  event_types: optional(list(one(...types))),
  status: optional(extension(one('enabled', 'disabled'))),
});
export const DeletedEndpoint = closed({
  id: id('whe_'),
  object: one('webhook_endpoint.deleted'),
  deleted: always(true),
});
export const RotateRequest = closed({ keep_old_secret_active_for_24_hours: optional(flag()) });
export const TestRequest = closed({ event_type: one(...types) });
export const TestResult = closed({
  object: one('webhook_endpoint.test'),
  webhook_endpoint_id: id('whe_'),
  event_type: one(...types),
  status_code: whole(),
  success: always(true),
});
export const EventTypes = closed({ object: one('list'), data: list(one(...types)) });

/** What a webhook is told. */
export const WebhookEvent = closed({
  id: id('evt_'),
  object: one('event'),
  created_at: seconds(),
  type: one(...types),
  data: closed({ id: text() }),
});

export const ErrorBody = closed({
  error: closed({ message: text(), type: text(), param: maybe(text()), code: maybe(text()) }),
});
