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
import { TrainingDivergedError } from '../training/training-diverged-error.js';

export interface BatchUpdate extends Pick<StepRequest, 'spec' | 'denominators' | 'learningRate'> {
  /** Optimiser steps, each over the whole batch. */
  readonly epochs: number;
  /** Number of the step, for what goes wrong in it. */
  readonly step: number;
  /** Aborts as long as nothing has been updated. */
  readonly signal: AbortSignal;
}

/** The reports of the first and of the last epoch. @throws TrainingDivergedError when a loss is no number. */
export async function updateOnBatch(
  trainer: Trainer,
  rows: readonly WeightedTokens[],
  { epochs, step, signal, ...request }: BatchUpdate,
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
  return { first, last };
}

/** Tokens of the rows that go through the model. */
export function learnedTokens(rows: readonly WeightedTokens[], spec: LossSpec): number {
  const weights = rows.flatMap((row) => (isInert(row, spec) ? [] : (row.policyGradient?.weight ?? [])));
  return weights.reduce((sum, weight) => sum + weight.reduce((count, each) => count + Math.sign(each), 0), 0);
}
