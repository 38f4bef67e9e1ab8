/**
 * The loop of PPO (README.md), for every recipe built on it: sample, judge by a value model, and take several clipped steps.
 * State: weights, value head, moments, step and a cursor into the prompts. Recipes on top say what a grade is worth.
 */
import { FIRST_ROW, type LossSpec, type RowCursor, RowSampler, type StepReport, type Trainer } from '@preheat/nn';
import { phaseSteps } from '../catalog/training-keys.js';
import type { Recipe, RecipeContext, Snapshot, StepResult } from '../recipe.js';
import { policyTemperature } from '../rollout/answer-segments.js';
import { collect, rowToLearn, trainingDraw } from '../rollout/collect.js';
import { evaluateWhenDue, publish, rowsAt } from '../rollout/evaluate.js';
import { type GradedCompletion, gradedCompletions, meanKnown } from '../rollout/graded-completion.js';
import { eventTree } from '../rollout/grader-report.js';
import {
  drawMetrics,
  message,
  rolloutMetrics,
  stepTiming,
  updateMetrics,
  validationMetrics,
} from '../rollout/report.js';
import { graderOf, score } from '../rollout/score.js';
import { stepWarnings } from '../rollout/step-warnings.js';
import { learnedTokens, updateOnBatch } from '../rollout/update-on-batch.js';
import { cursorPlain, readCursorPlain } from '../training/cursor-plain.js';
import { seedOf, streamOf } from '../training/random-streams.js';
import {
  beside,
  learningRate,
  openReference,
  openTrainer,
  restoreTrainer,
  snapshotTrainer,
} from '../training/trainer-state.js';
import { untilUpdate } from '../training/until-update.js';
import { judgeCompletions } from './judge-completions.js';
import type { PpoLoopConfig } from './keys.js';

export interface PpoState {
  readonly trainer: Trainer;
  /** Frozen; only with a KL penalty. */
  readonly reference: Trainer | null;
  readonly sampler: RowSampler;
  readonly step: number;
  readonly cursor: RowCursor;
}

export interface PpoVariant<Config> {
  readonly name: string;
  /** What a completion earned; null when the grader failed on it. */
  readonly rewardOf: (graded: GradedCompletion, config: Config) => number | null;
}

/** As in grpo: policy gradients are noisy, and their scale must be averaged over more steps. */
const BETA2 = 0.99;

export function ppoLoop<Config extends PpoLoopConfig>(variant: PpoVariant<Config>): Recipe<Config, PpoState> {
  const { name } = variant;
  const stateOf = async (
    ctx: RecipeContext<Config>,
    trainer: Trainer,
    step: number,
    cursor: RowCursor,
  ): Promise<PpoState> => {
    const { trainingRows, seed, config } = ctx;
    const reference = config.kl_beta > 0 ? await openReference(ctx) : null;
    const order = { batchSize: config.batch_size, windowBatches: 1 };
    const sampler = new RowSampler(new Int32Array(trainingRows.length), streamOf(seed, `${name} rows`), order);
    return { trainer, reference, sampler, step, cursor };
  };
  return {
    name,
    async init(ctx) {
      const trainer = await openTrainer(ctx, BETA2, { withValueHead: true });
      return beside(trainer, () => stateOf(ctx, trainer, 0, FIRST_ROW));
    },
    async restore(ctx, snapshot) {
      const { step, updates, cursor } = readCursorPlain(snapshot.plain, name);
      const trainer = await restoreTrainer(ctx, snapshot, updates, BETA2);
      return beside(trainer, () => stateOf(ctx, trainer, step, cursor));
    },
    async snapshot({ trainer, step, cursor }): Promise<Snapshot> {
      const { updates, ...tensors } = await snapshotTrainer(trainer);
      return { ...tensors, plain: cursorPlain(name, { step, updates, cursor }) };
    },
    step: (state, ctx) => takeStep(variant, state, ctx),
    async dispose({ trainer, reference }) {
      await trainer.dispose();
      await reference?.dispose();
    },
  };
}

async function takeStep<Config extends PpoLoopConfig>(
  { name, rewardOf }: PpoVariant<Config>,
  state: PpoState,
  ctx: RecipeContext<Config>,
): Promise<StepResult<PpoState>> {
  const before = untilUpdate(ctx);
  before.signal.throwIfAborted();
  const { config, monotonicMs: now } = ctx;
  const totalSteps = phaseSteps(config, ctx.trainingRows.length);
  const step = state.step + 1;
  const [spec, draw] = [lossOf(config), trainingDraw(config)];
  const started = now();

  // Collect.
  const batch = state.sampler.batchAt(state.cursor);
  await publish(state.trainer, ctx, state.step);
  const completions = await collect(before, rowsAt(ctx.trainingRows, batch.rows), {
    perRow: config.samples_per_prompt,
    temperature: config.temperature,
    seed: seedOf(ctx.seed, `${name} rollouts ${step}`),
    policyVersion: state.step,
    ...draw,
  });

  // Score. Graders take their time, in which the trainer gets ready.
  void state.trainer.prepare(completions.map(rowToLearn), spec);
  const grades = await score(before, completions);
  const rewards = gradedCompletions(ctx, completions, grades).map((graded) => rewardOf(graded, config));
  const judged = await judgeCompletions(completions, rewards, state, config);
  before.signal.throwIfAborted();
  const sampled = now();

  // Update.
  const rate = learningRate(config, state.step, totalSteps, 'constant');
  const { first, last } = await updateOnBatch(state.trainer, judged.rows, {
    completions,
    spec,
    denominators: { policyGradient: judged.denominator },
    learningRate: rate,
    epochs: config.epochs_per_batch,
    step,
    signal: before.signal,
  });
  const trained = now();

  // Log.
  const valid = await evaluateWhenDue(state.trainer, ctx, step, totalSteps);
  const learned = learnedTokens(judged.rows, spec);
  const metrics = {
    step,
    total_steps: totalSteps,
    ...rolloutMetrics({ completions, grades }),
    ...drawMetrics(completions, draw),
    ...updateMetrics(first, last, learned, false),
    ...judged.metrics,
    ...valueMetrics(last, learned),
    train_shaped_reward: meanKnown(rewards),
    learning_rate: rate,
    ...validationMetrics(valid),
  };
  const ended = now();
  const timing = stepTiming({ started, sampled, trained, ended });
  const tree = eventTree(graderOf(ctx).compiled, { completions, grades }, valid, timing);
  return {
    state: { ...state, step, cursor: batch.next },
    done: step >= totalSteps,
    metrics,
    tokens: judged.rows.reduce((sum, { tokens }) => sum + tokens.length, 0),
    validation: valid,
    event: { message: message(step, totalSteps, metrics), data: { ...metrics, ...tree } },
    warnings: stepWarnings(step, metrics),
  };
}

function lossOf(config: PpoLoopConfig): LossSpec {
  const { clip_ratio: clip, entropy_bonus: entropyBonus, answer_segments: segments = [] } = config;
  const temperature = policyTemperature(segments, config.temperature);
  const policyGradient = { clipLow: clip, clipHigh: clip, dualClip: 0, temperature, klBeta: 0, entropyBonus };
  return {
    crossEntropy: false,
    policyGradient,
    value: { coefficient: config.value_coefficient, clip: config.value_clip },
  };
}

function valueMetrics({ valueError, valueClipped, trainedRows }: StepReport, tokens: number): Record<string, number> {
  if (trainedRows === 0) return {};
  return { value_error: valueError / Math.max(1, tokens), value_clip_fraction: valueClipped / Math.max(1, tokens) };
}
