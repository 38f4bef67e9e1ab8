/**
 * Percentile bootstrap (Efron and Tibshirani 1993, chapter 13): how far a mean over the words tested could have come out
 * otherwise. Seeded, so that the same scores always give the same interval.
 */

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export const RESAMPLES = 10_000;
const CONFIDENCE = 0.95;

/** Mean of `values` with its 95 % interval. Throws `RangeError` for no values. */
export function bootstrapMean(values: readonly number[], seed: number, resamples: number = RESAMPLES): Interval {
  const count = values.length;
  if (count === 0) throw new RangeError('a mean needs at least one value');
  const draw = splitmix32(seed);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[Math.floor(draw() * count)] ?? 0;
    means[r] = sum / count;
  }
  means.sort();
  const tail = (1 - CONFIDENCE) / 2;
  return { mean: meanOf(values), low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

/**
 * Mean of `after[i] − before[i]` with its 95 % interval. Paired by word, so that what makes a word hard for both models
 * cancels. Throws `RangeError` when the lengths differ.
 */
export function bootstrapDifference(after: readonly number[], before: readonly number[], seed: number): Interval {
  if (after.length !== before.length)
    throw new RangeError(`${after.length} scores cannot be paired with ${before.length}`);
  return bootstrapMean(
    after.map((value, i) => value - (before[i] ?? 0)),
    seed,
  );
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (position - below) * (high - low);
}

/** Uniform numbers in [0, 1) from a 32-bit counter (SplitMix32). */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
