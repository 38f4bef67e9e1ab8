/**
 * Group relative policy optimisation (README.md): completions of one prompt are compared with each other, the better ones
 * made likelier by a clipped policy gradient. State: weights, moments, step and a cursor into the prompts. The policy's
 * version is the number of steps taken.
 */
import { invariant } from '@preheat/contracts';
import {
  completionRecord,
  FIRST_ROW,
  isInert,
  type LossSpec,
  reinforce,
  type RowCursor,
  RowSampler,
  type StepReport,
  type Trainer,
  type WeightedTokens,
} from '@preheat/nn';
import Type from 'typebox';
import type { Recipe, RecipeContext, Snapshot, StepResult, TrainingRow } from '../recipe.js';
import { seedOf, streamOf } from '../training/random-streams.js';
import {
  learningRate,
  openFrozen,
  openTrainer,
  readPlain,
  restoreTrainer,
  snapshotTrainer,
} from '../training/trainer-state.js';
import { TrainingDivergedError } from '../training/training-diverged-error.js';
import { untilUpdate } from '../training/until-update.js';
import { collect, type Completion, rolloutsOf } from './collect.js';
import { type GrpoConfig, grpoEntry } from './config.js';
import { eventTree } from './grader-report.js';
import { type Graded, message, rolloutMetrics, updateMetrics, validationMetrics } from './report.js';
import { stepWarnings } from './step-warnings.js';
import { compareGroups, graderOf, score, trainingReward } from './score.js';

interface GrpoState {
  readonly trainer: Trainer;
  /** Frozen; only with a KL penalty. */
  readonly reference: Trainer | null;
  readonly sampler: RowSampler;
  readonly step: number;
  readonly cursor: RowCursor;
}

const Plain = Type.Object({
  schemaVersion: Type.Literal(1),
  recipe: Type.Literal('grpo'),
  step: Type.Integer({ minimum: 0 }),
  updates: Type.Integer({ minimum: 0 }),
  cursor: Type.Object({ epoch: Type.Integer({ minimum: 0 }), offset: Type.Integer({ minimum: 0 }) }),
});
/** Above that of supervised training: policy gradients are noisier, and their scale must be averaged over more steps. */
const BETA2 = 0.99;

function samplerOf({ trainingRows, seed, config }: RecipeContext<GrpoConfig>): RowSampler {
  const options = { batchSize: config.batch_size, windowBatches: 1 };
  return new RowSampler(new Int32Array(trainingRows.length), streamOf(seed, 'grpo rows'), options);
}

async function openReference(ctx: RecipeContext<GrpoConfig>): Promise<Trainer | null> {
  return ctx.config.kl_beta > 0 ? openFrozen(ctx, await ctx.referencePolicy()) : null;
}

export const grpo: Recipe<GrpoConfig, GrpoState> = {
  name: 'grpo',

  async init(ctx) {
    const trainer = await openTrainer(ctx, BETA2);
    const reference = await openReference(ctx);
    return { trainer, reference, sampler: samplerOf(ctx), step: 0, cursor: FIRST_ROW };
  },

  async restore(ctx, snapshot) {
    const { step, updates, cursor } = readPlain(Plain, snapshot.plain, 'grpo');
    const trainer = await restoreTrainer(ctx, snapshot, updates, BETA2);
    const reference = await openReference(ctx);
    return { trainer, reference, sampler: samplerOf(ctx), step, cursor };
  },

  async snapshot({ trainer, step, cursor }): Promise<Snapshot> {
    const { updates, ...tensors } = await snapshotTrainer(trainer);
    return { ...tensors, plain: { schemaVersion: 1, recipe: 'grpo', step, updates, cursor } };
  },

  async step(state, ctx): Promise<StepResult<GrpoState>> {
    const before = untilUpdate(ctx);
    before.signal.throwIfAborted();
    const { config, seed, monotonicMs: now } = ctx;
    const totalSteps = grpoEntry.totalSteps(config, ctx.trainingRows.length);
    const step = state.step + 1;
    const started = now();

    // Collect: the policy sees every prompt of the batch `group_size` times.
    const batch = state.sampler.batchAt(state.cursor);
    await publish(state, ctx, state.step);
    const completions = await collect(before, rowsAt(ctx.trainingRows, batch.rows), {
      perRow: config.group_size,
      temperature: config.temperature,
      seed: seedOf(seed, `grpo rollouts ${step}`),
      policyVersion: state.step,
    });

    // Score. Graders take their time, in which the trainer gets ready.
    const lengths = completions.map(({ prompt, sample }) => prompt.length + sample.tokens.length);
    void state.trainer.prepare(lengths, lossOf(config));
    const grades = await score(before, completions);
    const { advantages, zeroVarianceFraction } = compareGroups(
      grades.map(trainingReward),
      config.group_size,
      config.normalise_std,
    );
    const sampled = now();

    // Update.
    const rows = await weightedRows(state, config, completions, advantages);
    const rate = learningRate(config, state.step, totalSteps, 'constant');
    const { first, last } = await update(state.trainer, config, rows, { rate, step, signal: before.signal });
    const trained = now();

    // Log.
    const next = { ...state, step, cursor: batch.next };
    const valid = isEvaluationDue(ctx, step, totalSteps) ? await evaluate(next, ctx) : null;
    const metrics = {
      step,
      total_steps: totalSteps,
      ...rolloutMetrics({ completions, grades }),
      frac_zero_variance: zeroVarianceFraction,
      ...updateMetrics(first, last, predictedTokens(rows.filter((row) => !isInert(row))), state.reference !== null),
      learning_rate: rate,
      ...validationMetrics(valid),
    };
    const ended = now();
    const timing = {
      sampling: sampled - started,
      training: trained - sampled,
      eval: ended - trained,
      full_iteration: ended - started,
    };
    const tree = eventTree(graderOf(ctx).compiled, { completions, grades }, valid, timing);
    return {
      state: next,
      done: step >= totalSteps,
      metrics,
      tokens: rows.reduce((sum, { tokens }) => sum + tokens.length, 0),
      event: { message: message(step, totalSteps, metrics), data: { ...metrics, ...tree } },
      warnings: stepWarnings(step, metrics),
    };
  },

  async dispose({ trainer, reference }) {
    await trainer.dispose();
    await reference?.dispose();
  },
};

/** Makes the sampler draw from the current weights. */
async function publish({ trainer }: GrpoState, ctx: RecipeContext<GrpoConfig>, policyVersion: number): Promise<void> {
  await rolloutsOf(ctx).updateWeights(await trainer.weights(), policyVersion);
}

function rowsAt(rows: readonly TrainingRow[], indices: Int32Array): TrainingRow[] {
  return Array.from(indices, (index) => {
    const row = rows[index];
    invariant(row, `prompt ${index} of ${rows.length}`);
    return row;
  });
}

async function weightedRows(
  { reference }: GrpoState,
  config: GrpoConfig,
  completions: readonly Completion[],
  advantages: Float64Array,
): Promise<WeightedTokens[]> {
  const records = completions.map(({ prompt, sample }, i) =>
    completionRecord({ prompt, ...sample }, advantages[i] ?? 0),
  );
  const referenceLogProbs = await reference?.logProbs(
    records.map(({ tokens }) => tokens),
    config.temperature,
  );
  return records.map((record, i) => reinforce(record, referenceLogProbs?.[i]));
}

const predictedTokens = (rows: readonly WeightedTokens[]): number =>
  rows.reduce((sum, { policyGradient }) => sum + (policyGradient?.mask.reduce((count, on) => count + on, 0) ?? 0), 0);

function lossOf({ clip_low: clipLow, clip_high: clipHigh, temperature, kl_beta: klBeta }: GrpoConfig): LossSpec {
  return { crossEntropy: false, policyGradient: { clipLow, clipHigh, temperature, klBeta } };
}

/** The optimiser steps on one batch. Every token of the batch counts in the mean, also those of groups that are skipped. */
async function update(
  trainer: Trainer,
  config: GrpoConfig,
  rows: readonly WeightedTokens[],
  { rate, step, signal }: { rate: number; step: number; signal: AbortSignal },
): Promise<{ first: StepReport; last: StepReport }> {
  const spec = lossOf(config);
  const denominators = { policyGradient: Math.max(1, predictedTokens(rows)) };
  const reports: StepReport[] = [];
  for (let epoch = 0; epoch < config.epochs_per_batch; epoch++) {
    const isWhole = epoch === 0;
    const report = await trainer.step(rows, { spec, denominators, learningRate: rate, ...(isWhole && { signal }) });
    if (!Number.isFinite(report.loss)) throw new TrainingDivergedError(step, report.loss);
    reports.push(report);
  }
  const [first, last] = [reports[0], reports.at(-1)];
  invariant(first && last, 'epochs_per_batch is at least 1');
  return { first, last };
}

function isEvaluationDue(ctx: RecipeContext<GrpoConfig>, step: number, totalSteps: number): boolean {
  return ctx.validationRows.length > 0 && (step % ctx.config.eval_interval === 0 || step >= totalSteps);
}

/** Greedy decoding of the first `eval_samples` validation rows by the updated policy. */
async function evaluate(state: GrpoState, ctx: RecipeContext<GrpoConfig>): Promise<Graded> {
  await publish(state, ctx, state.step);
  const rows = ctx.validationRows.slice(0, ctx.config.eval_samples);
  const completions = await collect(ctx, rows, { perRow: 1, temperature: 0, seed: 0, policyVersion: state.step });
  return { completions, grades: await score(ctx, completions) };
}
