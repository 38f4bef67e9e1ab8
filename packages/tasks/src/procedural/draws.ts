/** Draws that several tasks make. */
import type { Random } from '@preheat/ports';

/** Uniform over the integers from `low` to `high`, both included. */
export const between = (random: Random, low: number, high: number): number => low + random.int(high - low + 1);

/** @throws RangeError for an empty list. */
export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random.int(values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

/** A uniform permutation (Fisher and Yates). */
export function shuffled<T>(random: Random, values: readonly T[]): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** Every order of a short list. */
export function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, at) =>
    permutations([...values.slice(0, at), ...values.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}
