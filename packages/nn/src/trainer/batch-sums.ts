/** What a batch measured, added up over its micro-batches. Means are taken by whoever knows the right denominator. */
import { MAXIMUM, type SumName, SUMS } from '../loss/loss-spec.js';

export interface BatchSums extends Readonly<Record<SumName, number>> {
  /** Already a mean: its weights carry the denominators. */
  readonly loss: number;
  /** Largest disagreement with the sampled log-probabilities; 0 without a policy gradient. */
  readonly logProbMismatch: number;
  /** Positions computed, padding included. */
  readonly paddedTokens: number;
}

export function emptySums(): BatchSums {
  const zeros = Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>;
  return { ...zeros, loss: 0, logProbMismatch: 0, paddedTokens: 0 };
}

/** Adds the outputs of one run. */
export function foldSums(sums: BatchSums, outputs: Readonly<Record<string, Float32Array>>, padded: number): BatchSums {
  const read = (name: string): number => outputs[name]?.[0] ?? 0;
  const added = Object.fromEntries(SUMS.map((name) => [name, sums[name] + read(name)])) as Record<SumName, number>;
  return {
    ...added,
    loss: sums.loss + read('loss'),
    logProbMismatch: Math.max(sums.logProbMismatch, read(MAXIMUM)),
    paddedTokens: sums.paddedTokens + padded,
  };
}
