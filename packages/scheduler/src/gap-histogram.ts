/**
 * How long runners of a key stay without work: counts of gaps between a release and the arrival that could have used it, on
 * a logarithmic scale. Old gaps fade, so that a key whose traffic changes is learned anew after some dozens of jobs.
 */

const FIRST_EDGE_MS = 1_000;
/** Longer gaps are not told apart. */
export const LONGEST_GAP_MS = 6 * 3_600_000;
const BINS = 41;
const RATIO = (LONGEST_GAP_MS / FIRST_EDGE_MS) ** (1 / (BINS - 2));

/** Lower edges of the bins: 0, then 1 s to 6 h; the last bin holds whatever is longer. */
export const EDGES_MS: readonly number[] = Array.from({ length: BINS }, (_, i) =>
  i === 0 ? 0 : Math.round(FIRST_EDGE_MS * RATIO ** (i - 1)),
);
/** What a gap in a bin is taken for: the geometric middle. */
export const CENTRES_MS: readonly number[] = EDGES_MS.map((edge, i) => {
  const next = EDGES_MS[i + 1] ?? edge * RATIO;
  return i === 0 ? next / 2 : Math.sqrt(edge * next);
});

export type GapCounts = readonly number[];
export const NO_GAPS: GapCounts = EDGES_MS.map(() => 0);

/** @param gapMs Not negative; a clock that went backwards counts as 0. */
export function binOf(gapMs: number): number {
  if (!(gapMs >= FIRST_EDGE_MS)) return 0;
  let bin = Math.min(BINS - 1, 1 + Math.floor(Math.log(gapMs / FIRST_EDGE_MS) / Math.log(RATIO)));
  // Edges are whole milliseconds: the formula may be off by one beside them.
  while (bin < BINS - 1 && gapMs >= (EDGES_MS[bin + 1] as number)) bin++;
  while (gapMs < (EDGES_MS[bin] as number)) bin--;
  return bin;
}

/** @param decay What is left of older counts, 0 to 1. */
export function observeGap(counts: GapCounts, gapMs: number, decay: number): GapCounts {
  const seen = binOf(gapMs);
  return counts.map((count, bin) => count * decay + (bin === seen ? 1 : 0));
}

/** Counts of several writers: the sum. */
export function addGaps(a: GapCounts, b: GapCounts): GapCounts {
  return a.map((count, bin) => count + (b[bin] ?? 0));
}

export const totalGaps = (counts: GapCounts): number => counts.reduce((sum, count) => sum + count, 0);

/**
 * Shares that sum to 1: what was counted, and the shares of each prior, which weigh as much as `priorWeight` gaps. Null when
 * all are empty.
 */
export function gapShares(counts: GapCounts, priors: readonly GapCounts[], priorWeight: number): GapCounts | null {
  const known = priors.map((prior) => ({ prior, total: totalGaps(prior) })).filter(({ total }) => total > 0);
  const total = totalGaps(counts) + priorWeight * known.length;
  if (!(total > 0)) return null;
  return counts.map((count, bin) => {
    const expected = known.reduce((sum, { prior, total: all }) => sum + (prior[bin] ?? 0) / all, 0);
    return (count + priorWeight * expected) / total;
  });
}
