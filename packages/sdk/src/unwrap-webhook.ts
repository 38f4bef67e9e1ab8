/**
 * A delivery of a webhook, read only when it is from the platform: signed with the secret of the endpoint, as the Standard
 * Webhooks scheme says (HMAC-SHA256 of `<id>.<timestamp>.<body>`), and not an old one that somebody sends again.
 */
import { PreheatError } from './errors.js';
import type { WebhookEndpoint } from './generated/wire.js';

export type WebhookEventType = WebhookEndpoint['event_types'][number];

export interface WebhookEvent {
  readonly id: string;
  readonly object: 'event';
  readonly created_at: number;
  readonly type: WebhookEventType;
  /** `id` is that of the job, the run or the endpoint that the event is about. */
  readonly data: { readonly id: string; readonly [key: string]: unknown };
}

export interface UnwrapOptions {
  /** How far the time of the delivery may be off; 300 unless said. */
  readonly toleranceSeconds?: number;
  readonly nowMs?: number;
}

/** Headers as `fetch` or Node's servers give them. */
type DeliveryHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const DEFAULT_TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = 'whsec_';
const SIGNATURE_PREFIX = 'v1,';

/**
 * @param body The text as it came, before any parsing: its bytes are what is signed.
 * @param secret Of the endpoint, `whsec_…`.
 * @throws PreheatError `invalid_signature` for whatever is not a delivery of this endpoint from now.
 */
export async function unwrapWebhook(
  body: string,
  headers: DeliveryHeaders,
  secret: string,
  { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, nowMs = Date.now() }: UnwrapOptions = {},
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    required(headers, name),
  ) as [string, string, string];
  const ageSeconds = nowMs / 1_000 - Number(timestamp);
  if (!(Math.abs(ageSeconds) <= toleranceSeconds)) throw refused(`its time is more than ${toleranceSeconds} s off`);
  const key = await crypto.subtle.importKey('raw', secretBytes(secret), HMAC, false, ['verify']);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(' ')) {
    const bytes = signature.startsWith(SIGNATURE_PREFIX)
      ? bytesOf(signature.slice(SIGNATURE_PREFIX.length))
      : undefined;
    // Compares in constant time. Several are there while a secret is rotated.
    if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return JSON.parse(body) as WebhookEvent;
  }
  throw refused('no signature fits the secret');
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' };

const refused = (why: string): PreheatError =>
  new PreheatError(`not a delivery of this webhook endpoint: ${why}`, { status: null, code: 'invalid_signature' });

function required(headers: DeliveryHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw refused(`the header ${name} is missing`);
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = secret.startsWith(SECRET_PREFIX) ? bytesOf(secret.slice(SECRET_PREFIX.length)) : undefined;
  if (bytes && bytes.length > 0) return bytes;
  throw new TypeError(
    `the secret of a webhook endpoint is ${SECRET_PREFIX} and base64, as it was shown when it was made`,
  );
}

/** Undefined for what is not base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined; // Somebody else's notation: it fits nothing.
  }
}
