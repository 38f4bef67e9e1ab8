/**
 * Percentile bootstrap of mean differences (Efron and Tibshirani 1993, chapters 13 and 15): items are drawn with replacement,
 * the same ones for every measure, and with an item comes its difference, so that what makes an item hard for both runs
 * cancels. Seeded, so that the same scores always give the same interval.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CounterRandom, fastUniforms } from '@preheat/ports';

export interface MeanDifference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided; at least 2 / (resamples + 1), which is what so many resamples can tell. */
  readonly pValue: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples: number;
  /** Of the intervals, such as 0.95. */
  readonly confidence: number;
}

/** Draws and readings between two turns of the event loop: a few milliseconds. */
const DRAWS_PER_TURN = 1_000_000;
/** Of one comparison: seconds. */
const MAX_DRAWS = 2_000_000_000;

/** Of one resample: an item is drawn once for all measures, and read for each. */
const drawsOf = (items: number, measures: number): number => items * (1 + measures);

/** Resamples that one comparison may ask for. */
export const mostResamples = (items: number, measures: number): number =>
  Math.floor(MAX_DRAWS / drawsOf(items, measures));

/**
 * @param differences Per measure one number an item, all of the same length N ≥ 1.
 * @returns In the order of the measures.
 */
export async function pairedBootstrap(
  differences: readonly Float64Array[],
  { seed, resamples, confidence }: BootstrapOptions,
): Promise<MeanDifference[]> {
  const items = differences[0]?.length ?? 0;
  const draw = fastUniforms(CounterRandom.fromSeed(seed));
  const means = differences.map(() => new Float64Array(resamples));
  const chosen = new Uint32Array(items);
  const resamplesPerTurn = Math.max(1, Math.floor(DRAWS_PER_TURN / drawsOf(items, differences.length)));
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < items; i++) chosen[i] = Math.floor(draw() * items);
    for (const [m, values] of differences.entries()) (means[m] as Float64Array)[r] = meanAt(values, chosen);
    if (r % resamplesPerTurn === resamplesPerTurn - 1) await nextTurn();
  }
  return differences.map((values, m) => summary(values, (means[m] as Float64Array).sort(), confidence));
}

function meanAt(values: Float64Array, chosen: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < chosen.length; i++) sum += values[chosen[i] as number] as number;
  return sum / chosen.length;
}

function summary(values: Float64Array, sorted: Float64Array, confidence: number): MeanDifference {
  const tail = (1 - confidence) / 2;
  const notAbove = sorted.filter((mean) => mean <= 0).length;
  const notBelow = sorted.filter((mean) => mean >= 0).length;
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: quantile(sorted, tail),
    high: quantile(sorted, 1 - tail),
    pValue: Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (sorted.length + 1)),
  };
}

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (position - below) * (high - low);
}
