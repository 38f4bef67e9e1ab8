/** 256 bits in base64, hashed from ids that nobody can guess: for signing secrets and API keys. */
import { createHash } from 'node:crypto';
import type { Ids } from '@preheat/ports';

export function newSecret(ids: Ids, encoding: 'base64' | 'base64url'): string {
  const hash = createHash('sha256');
  // One id of the system has 95 bits that cannot be guessed.
  for (let i = 0; i < 3; i++) hash.update(ids.next('secret'));
  return hash.digest(encoding);
}
