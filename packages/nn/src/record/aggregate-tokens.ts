/**
 * How the tokens of a batch are averaged into one loss. Every choice is a weight a token and one denominator for the
 * batch, so that the loss stays a sum and micro-batches add up to the batch exactly.
 */
import type { TokenRecord } from './token-record.js';

/**
 * - `token`: every token counts the same (DAPO: Yu et al. 2025, section 3.3).
 * - `sequence`: every sequence counts the same, as the mean of its tokens (GRPO: Shao et al. 2024, eq. 3); a record may hold two.
 * - `turn`: every turn counts the same; a turn is a run of trained tokens of one segment.
 * - `constant`: the sum of a sequence over a fixed length, which favours neither short nor long ones (Dr. GRPO).
 */
export type Aggregation = 'token' | 'sequence' | 'turn' | 'constant';

export interface TokenWeights {
  /** One entry a token of each record; 0 where it is not trained. */
  readonly weights: readonly Float32Array[];
  /** What the weighted sum over the batch is divided by; at least 1. */
  readonly denominator: number;
}

/**
 * @param longest Tokens of the longest possible sequence: the length of `constant`.
 * @param seconds Of each record, the token that a second `sequence` of it begins with; 0 where it is one.
 */
export function aggregateTokens(
  records: readonly TokenRecord[],
  aggregation: Aggregation,
  longest: number,
  seconds: readonly number[] = [],
): TokenWeights {
  const runs = records.map((record) => trainedRuns(record, aggregation === 'turn'));
  const lengths = records.map((record, i) => sequenceLengths(record, seconds[i] ?? 0));
  const weights = records.map(({ tokens }, i) => {
    const weight = new Float32Array(tokens.length);
    const [first, second] = lengths[i] ?? [0, 0];
    for (const [start, end] of runs[i] ?? []) {
      const split = Math.min(end, Math.max(start, seconds[i] ?? 0));
      if (aggregation === 'sequence') weight.fill(1 / first, start, split).fill(1 / second, split, end);
      else weight.fill(aggregation === 'turn' ? 1 / (end - start) : 1, start, end);
    }
    return weight;
  });
  const counts = runs.map((own, i) => ({
    token: own.reduce((sum, [start, end]) => sum + end - start, 0),
    sequence: (lengths[i] ?? []).filter((length) => length > 0).length,
    turn: own.length,
    constant: longest,
  }));
  return {
    weights,
    denominator: Math.max(
      1,
      counts.reduce((sum, count) => sum + count[aggregation], 0),
    ),
  };
}

/** Trained tokens before and from the token that a second sequence begins with. */
function sequenceLengths({ trainMask }: TokenRecord, second: number): [first: number, second: number] {
  const trained = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);
  const start = Math.max(1, second);
  return [trained(trainMask.subarray(1, start)), trained(trainMask.subarray(start))];
}

/** Half-open ranges of trained tokens; where turns matter, split where the segment changes. The first token is predicted by none. */
function trainedRuns({ trainMask, segmentId }: TokenRecord, bySegment: boolean): [start: number, end: number][] {
  const runs: [number, number][] = [];
  for (let t = 1; t < trainMask.length; t++) {
    if (trainMask[t] !== 1) continue;
    const last = runs.at(-1);
    if (last?.[1] === t && !(bySegment && segmentId[t] !== segmentId[t - 1])) last[1] = t + 1;
    else runs.push([t, t + 1]);
  }
  return runs;
}
