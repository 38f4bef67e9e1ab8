/** Update: the optimiser steps on one batch of completions. */
import { invariant } from '@preheat/contracts';
import {
  isInert,
  type LossSpec,
  type StepReport,
  type StepRequest,
  type Trainer,
  type WeightedTokens,
} from '@preheat/nn';
import type { Completion } from './collect.js';
import { logProbMismatch } from './log-prob-mismatch.js';
import { TrainingDivergedError } from '../training/training-diverged-error.js';

export interface BatchUpdate extends Pick<StepRequest, 'spec' | 'denominators' | 'learningRate'> {
  /** What the rows were made of: some are measured where no row has anything to learn from. */
  readonly completions: readonly Completion[];
  /** Optimiser steps, each over the whole batch. */
  readonly epochs: number;
  /** Number of the step, for what goes wrong in it. */
  readonly step: number;
  /** Aborts as long as nothing has been updated. */
  readonly signal: AbortSignal;
}

/**
 * The reports of the first and of the last epoch; the first says how far trainer and sampler are apart, whatever was skipped.
 * @throws TrainingDivergedError when a loss is no number.
 */
export async function updateOnBatch(
  trainer: Trainer,
  rows: readonly WeightedTokens[],
  { completions, epochs, step, signal, ...request }: BatchUpdate,
): Promise<{ first: StepReport; last: StepReport }> {
  const reports: StepReport[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const isWhole = epoch === 0;
    const report = await trainer.step(rows, { ...request, ...(isWhole && { signal }) });
    if (!Number.isFinite(report.loss)) throw new TrainingDivergedError(step, report.loss);
    reports.push(report);
  }
  const [first, last] = [reports[0], reports.at(-1)];
  invariant(first && last, 'a batch is trained on at least once');
  if (first.trainedRows > 0) return { first, last };
  const { temperature } = request.spec.policyGradient ?? { temperature: 1 };
  const mismatch = await logProbMismatch(trainer, completions, temperature);
  return { first: { ...first, logProbMismatch: mismatch }, last };
}

/** Tokens of the rows that go through the model. */
export function learnedTokens(rows: readonly WeightedTokens[], spec: LossSpec): number {
  const weights = rows.flatMap((row) => (isInert(row, spec) ? [] : (row.policyGradient?.weight ?? [])));
  return weights.reduce((sum, weight) => sum + weight.reduce((count, each) => count + Math.sign(each), 0), 0);
}
