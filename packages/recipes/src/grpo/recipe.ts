/**
 * Group relative policy optimisation (README.md): completions of one prompt are compared with each other, the better ones
 * made likelier by a clipped policy gradient. State: weights, moments, step and a cursor into the prompts. The policy's
 * version is the number of steps taken.
 */
import {
  aggregateTokens,
  completionRecord,
  FIRST_ROW,
  type LossSpec,
  reinforce,
  type RowCursor,
  RowSampler,
  type Trainer,
  type WeightedTokens,
} from '@preheat/nn';
import Type from 'typebox';
import type { Recipe, RecipeContext, Snapshot, StepResult } from '../recipe.js';
import { cursorPlain, readCursorPlain } from '../training/cursor-plain.js';
import { seedOf, streamOf } from '../training/random-streams.js';
import {
  learningRate,
  openFrozen,
  openTrainer,
  readPlain,
  restoreTrainer,
  snapshotTrainer,
} from '../training/trainer-state.js';
import { untilUpdate } from '../training/until-update.js';
import { collect, type Completion } from '../rollout/collect.js';
import { evaluate, isEvaluationDue, publish, rowsAt } from '../rollout/evaluate.js';
import { eventTree } from '../rollout/grader-report.js';
import { message, rolloutMetrics, stepTiming, updateMetrics, validationMetrics } from '../rollout/report.js';
import { graderOf, score, trainingReward } from '../rollout/score.js';
import { stepWarnings } from '../rollout/step-warnings.js';
import { learnedTokens, updateOnBatch } from '../rollout/update-on-batch.js';
import { compareGroups } from './compare-groups.js';
import { type GrpoConfig, grpoEntry } from './config.js';
import { nextTemperature, usedTemperature } from './temperature-control.js';

interface GrpoState {
  readonly trainer: Trainer;
  /** Frozen; only with a KL penalty. */
  readonly reference: Trainer | null;
  readonly sampler: RowSampler;
  readonly step: number;
  readonly cursor: RowCursor;
  /** Where the control of the temperature has come to. */
  readonly temperature: number;
}

/** Beside the position in the data; absent in snapshots of versions that had no control. */
const Control = Type.Object({ temperature: Type.Optional(Type.Number({ exclusiveMinimum: 0 })) });
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
    return {
      trainer,
      reference,
      sampler: samplerOf(ctx),
      step: 0,
      cursor: FIRST_ROW,
      temperature: ctx.config.temperature,
    };
  },

  async restore(ctx, snapshot) {
    const { step, updates, cursor } = readCursorPlain(snapshot.plain, 'grpo');
    const { temperature = ctx.config.temperature } = readPlain(Control, snapshot.plain, 'grpo');
    const trainer = await restoreTrainer(ctx, snapshot, updates, BETA2);
    const reference = await openReference(ctx);
    return { trainer, reference, sampler: samplerOf(ctx), step, cursor, temperature };
  },

  async snapshot({ trainer, step, cursor, temperature }): Promise<Snapshot> {
    const { updates, ...tensors } = await snapshotTrainer(trainer);
    return { ...tensors, plain: { ...cursorPlain('grpo', { step, updates, cursor }), temperature } };
  },

  async step(state, ctx): Promise<StepResult<GrpoState>> {
    const before = untilUpdate(ctx);
    before.signal.throwIfAborted();
    const { config, seed, monotonicMs: now } = ctx;
    const totalSteps = grpoEntry.totalSteps(config, ctx.trainingRows.length);
    const step = state.step + 1;
    const temperature = usedTemperature(state.temperature, config);
    const spec = lossOf(config, temperature);
    const started = now();

    // Collect: the policy sees every prompt of the batch `group_size` times.
    const batch = state.sampler.batchAt(state.cursor);
    await publish(state.trainer, ctx, state.step);
    const completions = await collect(before, rowsAt(ctx.trainingRows, batch.rows), {
      perRow: config.group_size,
      temperature,
      seed: seedOf(seed, `grpo rollouts ${step}`),
      policyVersion: state.step,
    });

    // Score. Graders take their time, in which the trainer gets ready.
    const lengths = completions.map(({ prompt, sample }) => prompt.length + sample.tokens.length);
    void state.trainer.prepare(lengths, spec);
    const grades = await score(before, completions);
    const { advantages, zeroVarianceFraction } = compareGroups(grades.map(trainingReward), config.group_size, {
      normaliseStd: config.normalise_std,
      baseline: config.advantage_baseline,
    });
    const sampled = now();

    // Update.
    const { rows, denominator } = await weightedRows(state, { ...config, temperature }, completions, advantages);
    const rate = learningRate(config, state.step, totalSteps, 'constant');
    const { first, last } = await updateOnBatch(state.trainer, rows, {
      spec,
      denominators: { policyGradient: denominator },
      learningRate: rate,
      epochs: config.epochs_per_batch,
      step,
      signal: before.signal,
    });
    const trained = now();

    // Log.
    const rollouts = rolloutMetrics({ completions, grades });
    const entropy = rollouts['sampled_entropy'] ?? 0;
    const moved = nextTemperature(state.temperature, entropy, config);
    const next = { ...state, step, cursor: batch.next, temperature: moved };
    const valid = isEvaluationDue(ctx, step, totalSteps) ? await evaluate(next.trainer, ctx, step) : null;
    const metrics = {
      step,
      total_steps: totalSteps,
      ...rollouts,
      frac_zero_variance: zeroVarianceFraction,
      ...updateMetrics(first, last, learnedTokens(rows, spec), state.reference !== null),
      learning_rate: rate,
      temperature,
      ...validationMetrics(valid),
    };
    const ended = now();
    const timing = stepTiming({ started, sampled, trained, ended });
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

/** Every token of the batch counts in the mean, also those of groups that are skipped. */
async function weightedRows(
  { reference }: GrpoState,
  config: GrpoConfig,
  completions: readonly Completion[],
  advantages: Float64Array,
): Promise<{ rows: WeightedTokens[]; denominator: number }> {
  const records = completions.map(({ prompt, sample }, i) => {
    const record = completionRecord({ prompt, ...sample }, advantages[i] ?? 0);
    const isLeftOut = config.mask_truncated && sample.finishReason === 'length';
    return isLeftOut ? { ...record, trainMask: new Uint8Array(record.tokens.length) } : record;
  });
  const referenceLogProbs = await reference?.logProbs(
    records.map(({ tokens }) => tokens),
    config.temperature,
  );
  const { loss_aggregation: aggregation, max_completion_tokens: longest } = config;
  const { weights, denominator } = aggregateTokens(records, aggregation, longest);
  return { rows: records.map((record, i) => reinforce(record, referenceLogProbs?.[i], weights[i])), denominator };
}

function lossOf(config: GrpoConfig, temperature: number): LossSpec {
  const { clip_low: clipLow, clip_high: clipHigh, dual_clip: dualClip } = config;
  const { kl_beta: klBeta, entropy_bonus: entropyBonus } = config;
  return { crossEntropy: false, policyGradient: { clipLow, clipHigh, dualClip, temperature, klBeta, entropyBonus } };
}
