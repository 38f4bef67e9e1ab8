/**
 * The headers of a delivery, as the Standard Webhooks scheme and OpenAI's clients verify them: `v1,` and the base64
 * HMAC-SHA256 of `<id>.<timestamp>.<body>`, once for every secret that is still valid.
 */
import { createHmac } from 'node:crypto';
import type { Ids } from '@preheat/ports';
import { newSecret } from '../access/new-secret.js';

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

export const newSigningSecret = (ids: Ids): string => SECRET_PREFIX + newSecret(ids, 'base64');

/** Enough to tell secrets apart, too little to sign with. */
export const secretHint = (secret: string): string => `${SECRET_PREFIX}…${secret.slice(-4)}`;
