/**
 * How measurements become a ratio. Rounds are interleaved, so a ratio is taken within a round and the median over rounds is
 * quoted; a small ratio whose sides overlap is not called a difference.
 */
import { CounterRandom, fastUniforms } from '@preheat/ports';
import type { Metric } from './match.js';

export interface Ratio {
  /** Above 1: ours is better. */
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly rounds: number;
  /** True when the ratio is small and the ranges of both sides overlap: noise could explain it. */
  readonly isUnresolved: boolean;
}

/** Values by round; rounds may be missing. */
export type Series = ReadonlyMap<number, number>;

/** Medians move by this much on shared machines. */
const RESOLVED_RATIO = 1.2;

/** NaN without values. */
export function median(values: Iterable<number>): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Undefined when no round has both sides. */
export function ratioOf(ours: Series, peer: Series, better: Metric['better']): Ratio | undefined {
  const ratios = [...ours].flatMap(([round, value]) => {
    const other = peer.get(round);
    if (other === undefined) return [];
    return better === 'higher' ? value / other : other / value;
  });
  if (ratios.length === 0) return undefined;
  const middle = median(ratios);
  const distance = Math.max(middle, 1 / middle);
  return {
    median: middle,
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    rounds: ratios.length,
    isUnresolved: distance < RESOLVED_RATIO && overlaps([...ours.values()], [...peer.values()]),
  };
}

/** The ratio of two medians, and where 95 % of such ratios lie when the rounds are drawn again. */
export interface MedianRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 2_000;

/**
 * Bootstrap over rounds: both sides of a round are drawn together, since what slows one round down slows both.
 * @param ours By round. @param theirs Of the same rounds.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): MedianRatio {
  if (ours.length !== theirs.length || ours.length === 0) {
    throw new RangeError(`a ratio needs as many rounds of both, got ${ours.length} and ${theirs.length}`);
  }
  const uniform = fastUniforms(CounterRandom.fromSeed(1).fork('rounds'));
  const drawn = Array.from({ length: DRAWS }, () => {
    const rounds = ours.map(() => Math.floor(uniform() * ours.length));
    const medianOf = (side: readonly number[]) => median(rounds.map((round) => side[round] as number));
    return medianOf(ours) / medianOf(theirs);
  }).sort((a, b) => a - b);
  const at = (share: number) => drawn[Math.round(share * (DRAWS - 1))] as number;
  return { ratio: median(ours) / median(theirs), low: at(0.025), high: at(0.975) };
}

/** The series with the better median; undefined when none has values. */
export function betterOf<T extends { readonly series: Series }>(
  candidates: readonly T[],
  better: Metric['better'],
): T | undefined {
  const sign = better === 'higher' ? 1 : -1;
  const measured = candidates.filter(({ series }) => series.size > 0);
  return measured.toSorted((a, b) => sign * (median(b.series.values()) - median(a.series.values())))[0];
}

function overlaps(a: readonly number[], b: readonly number[]): boolean {
  return Math.min(...a) <= Math.max(...b) && Math.min(...b) <= Math.max(...a);
}

export type Verdict = 'met' | 'missed' | 'unresolved' | 'no goal';

/** An unresolved ratio still misses a goal above what noise could be, and never meets one. */
export function verdict(ratio: Ratio, goal: number | null): Verdict {
  if (goal === null) return ratio.isUnresolved ? 'unresolved' : 'no goal';
  if (ratio.median < goal) return 'missed';
  return ratio.isUnresolved ? 'unresolved' : 'met';
}
