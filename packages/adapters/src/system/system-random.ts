/** A random stream whose seed nobody chose, for programs that need no repetition. */
import { randomBytes } from 'node:crypto';
import { CounterRandom } from '@preheat/ports';

export function systemRandom(): CounterRandom {
  return CounterRandom.fromSeed(randomBytes(16).toString('hex'));
}
