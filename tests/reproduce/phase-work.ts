/**
 * What one phase of training did and measured, from the job itself: its tokens, its settings and the metrics of its steps.
 * Of recipes it knows settings and metrics by name, and none of them by its own.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { forwardFlops, trainingFlops } from '@preheat/scheduler';

/** Means over tokens, in nats: the entropy of what was sampled, and how far the policy was from those it is held to. */
export interface PolicyMeasures {
  readonly entropy: number;
  /** From the policy that sampled, at the last optimiser pass over the batch: 0 where there is one pass. */
  readonly approx_kl?: number;
  /** From the reference; only where there is a penalty for it. */
  readonly reference_kl?: number;
}

export interface PhaseWork {
  /** Of completions that were sampled to be trained on. */
  readonly sampledTokens: number;
  /** Of rows in batches, prompts included, each counted once a step. */
  readonly batchTokens: number;
  /** Share of the rows in batches that went through the trainer: groups of equal rewards do not. */
  readonly trainedShare: number;
  /** Mean length of a row in batches. */
  readonly rowTokens: number;
  /** Optimiser passes over a batch. */
  readonly passes: number;
  /** Forward passes over a batch beside those: of a reference, of a value model, to choose rows. */
  readonly scorings: number;
  readonly adapter: boolean;
  readonly recomputes: boolean;
  /** Of the last step that sampled; null where none did. */
  readonly policy: PolicyMeasures | null;
  /** Means of its metrics over the steps that log them. */
  readonly means: Readonly<Record<string, number>>;
}

export interface FinishedPhase {
  readonly trainedTokens: number;
  /** Every setting, defaults included. */
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  /** Data of the job's events of steps, in order. */
  readonly steps: readonly Readonly<Record<string, unknown>>[];
}

export function phaseWork({ trainedTokens, hyperparameters, steps }: FinishedPhase): PhaseWork {
  const setting = (name: string, otherwise = 0): number => numberIn(hyperparameters, name) ?? otherwise;
  const kept = setting('keep_fraction', 1);
  const answers = setting('group_size') || setting('samples_per_prompt') || 1;
  const sampling = steps.filter((step) => numberIn(step, 'completion_tokens_mean') !== null);
  const isSampling = sampling.length > 0;
  // The last batch of an epoch may be smaller, which no metric says.
  const rowsAStep = setting('batch_size', 1) * (isSampling ? answers : kept);
  const rows = Math.max(1, rowsAStep * steps.length);
  const through = sum(sampling.map((step) => numberIn(step, 'trained_rows') ?? 0));
  return {
    sampledTokens: Math.round(rowsAStep * sum(sampling.map((step) => numberIn(step, 'completion_tokens_mean') ?? 0))),
    batchTokens: trainedTokens,
    trainedShare: isSampling ? Math.min(1, through / rows) : 1,
    rowTokens: trainedTokens / rows,
    passes: setting('epochs_per_batch', 1),
    scorings:
      Number(isSampling && setting('kl_beta') > 0) +
      Number('value_coefficient' in hyperparameters) +
      (kept < 1 ? 1 / kept : 0),
    adapter: setting('lora_rank') > 0,
    recomputes: hyperparameters['gradient_checkpointing'] === true,
    policy: policyMeasures(sampling),
    means: meansOf(steps),
  };
}

/**
 * 6·N operations for a token that is trained on (4·N where an adapter is, 2·N more where layers are computed again), 2·N for
 * one that is sampled or scored, and those of attention: `trainingFlops` and `forwardFlops` of the scheduler. Left out are
 * prompts read before sampling, validation, graders, and what a recipe samples before its first step.
 */
export function phaseFlops(config: DecoderConfig, work: PhaseWork): number {
  const { rowTokens: length, adapter, passes, recomputes } = work;
  const trained = trainingFlops({ config, length, adapter, passes, recomputes });
  const { batchTokens, trainedShare, scorings, sampledTokens } = work;
  return batchTokens * trainedShare * trained + (batchTokens * scorings + sampledTokens) * forwardFlops(config, length);
}

function meansOf(steps: readonly Readonly<Record<string, unknown>>[]): Record<string, number> {
  const values: Record<string, number[]> = {};
  for (const [name, value] of steps.flatMap((step) => Object.entries(step))) {
    if (typeof value === 'number' && Number.isFinite(value)) (values[name] ??= []).push(value);
  }
  return Object.fromEntries(Object.entries(values).map(([name, of]) => [name, sum(of) / of.length]));
}

function policyMeasures(sampling: readonly Readonly<Record<string, unknown>>[]): PolicyMeasures | null {
  const last = (name: string) => sampling.map((step) => numberIn(step, name)).findLast((value) => value !== null);
  // Rounding noise of either sign is no distance.
  const distance = (value: number): number => Number(value.toFixed(6)) + 0;
  const entropy = numberIn(sampling.at(-1) ?? {}, 'sampled_entropy');
  if (entropy === null) return null;
  // A step whose groups are all equal updates nothing, and has no distance to tell.
  const [approx, reference] = [last('approx_kl'), last('reference_kl')];
  return {
    entropy,
    ...(approx === undefined ? {} : { approx_kl: distance(approx) }),
    ...(reference === undefined ? {} : { reference_kl: distance(reference) }),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function numberIn(record: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
