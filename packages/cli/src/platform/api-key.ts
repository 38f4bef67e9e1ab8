/** API keys of a local platform. The server gets only the hash, as in production. */
import { createHash, randomBytes } from 'node:crypto';

export const LOCAL_PROJECT = 'local';

export const newApiKey = (): string => `ph-${randomBytes(18).toString('base64url')}`;

/** The value of PREHEAT_API_KEY_HASHES for one key. */
export function apiKeyHashes(apiKey: string, projectId: string = LOCAL_PROJECT): string {
  return `${createHash('sha256').update(apiKey).digest('hex')}:${projectId}`;
}
