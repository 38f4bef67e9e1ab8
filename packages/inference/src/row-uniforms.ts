/**
 * The chance behind sampling: the uniform number of a row's token depends only on (seed, row key, position), never on
 * which rows were decoded beside it, in what order, or in how many calls.
 */
import { CounterRandom } from '@preheat/ports';

/**
 * Uniforms are multiples of 2^-23: the graph multiplies them by a float32 sum near 1, and with 23 bits the product
 * always stays below the sum, so rounding can never select past the last possible token.
 */
const UNIFORM_STEPS = 2 ** 23;

/** The random key of a row: equal for equal (seed, key). */
export function rowStream(seed: number, key: string): readonly [number, number] {
  return CounterRandom.fromSeed(seed).fork(key).state().key;
}

/** `count` uniforms in [0, 1) for the row's new tokens `start`, `start + 1`, ... */
export function rowUniforms(stream: readonly [number, number], start: number, count: number): Float32Array {
  const random = CounterRandom.fromState({ key: stream, counter: start });
  return Float32Array.from({ length: count }, () => Math.floor(random.float() * UNIFORM_STEPS) / UNIFORM_STEPS);
}
