/**
 * Bearer authentication: a key is known only by its SHA-256, and maps to the project that owns everything it can see.
 * Routes are private unless their config says `public`. All hashes are compared, in constant time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';

export interface ApiKey {
  /** SHA-256 of the key. */
  readonly hash: Buffer;
  readonly projectId: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The project of the caller's key; empty on public routes. */
    projectId: string;
  }
  interface FastifyContextConfig {
    /** Served without a key. */
    public?: boolean;
  }
}

/**
 * Parses `sha256hex:projectId` pairs, separated by commas.
 * @throws Error naming the pair's position when one is malformed.
 */
export function parseApiKeys(pairs: string): ApiKey[] {
  return pairs.split(',').map((pair, index) => {
    const match = /^([0-9a-f]{64}):([A-Za-z0-9_.-]{1,128})$/.exec(pair.trim());
    if (!match?.[1] || !match[2]) {
      throw new Error(`PREHEAT_API_KEY_HASHES: pair ${index + 1} is not of the form <sha256 in hex>:<projectId>`);
    }
    return { hash: Buffer.from(match[1], 'hex'), projectId: match[2] };
  });
}

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export function authenticate(app: FastifyInstance, keys: readonly ApiKey[]): void {
  app.decorateRequest('projectId', '');
  app.addHook('onRequest', async (request) => {
    if (request.is404 || request.routeOptions.config.public) return;
    request.projectId = projectOf(keys, request.headers.authorization);
  });
}

function projectOf(keys: readonly ApiKey[], authorization: string | undefined): string {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new ApiError('invalid_api_key', 'No API key was sent. Send it as `Authorization: Bearer <key>`.');
  }
  const hash = sha256(token);
  const [found] = keys.filter((key) => timingSafeEqual(key.hash, hash));
  if (!found) throw new ApiError('invalid_api_key', 'The API key is not known here.');
  return found.projectId;
}
