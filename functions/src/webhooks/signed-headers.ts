/**
 * The headers of a delivery, as the Standard Webhooks scheme and OpenAI's clients verify them: `v1,` and the base64
 * HMAC-SHA256 of `<id>.<timestamp>.<body>`, once for every secret that is still valid.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Ids } from '@preheat/ports';

const SECRET_PREFIX = 'whsec_';

/** @param timestamp Unix seconds; clients refuse a delivery more than five minutes off. */
export function signedHeaders(
  body: string,
  { id, timestamp, secrets }: { id: string; timestamp: number; secrets: readonly string[] },
): Record<string, string> {
  const signature = (secret: string): string => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  };
  return {
    'content-type': 'application/json',
    'user-agent': 'preheat-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map(signature).join(' '),
  };
}

/** 256 bits, hashed from ids that nobody can guess. */
export function newSigningSecret(ids: Ids): string {
  const hash = createHash('sha256');
  for (let i = 0; i < 3; i++) hash.update(ids.next('secret'));
  return SECRET_PREFIX + hash.digest('base64');
}

/** Enough to tell secrets apart, too little to sign with. */
export const secretHint = (secret: string): string => `${SECRET_PREFIX}…${secret.slice(-4)}`;
