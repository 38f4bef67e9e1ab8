/**
 * The loop of group relative policy optimisation (README.md), for every recipe built on it: completions of one prompt are
 * compared with each other, the better ones made likelier by a clipped policy gradient. State: weights, moments, step, a
 * cursor into the prompts, and which prompts those are. The policy's version is the number of steps taken. Recipes on top
 * say what completions earn, and which prompts are worth training on.
 */
import { invariant } from '@preheat/contracts';
import { FIRST_ROW, type LossSpec, type RowCursor, type RowOrder, type Trainer } from '@preheat/nn';
import Type, { type Static } from 'typebox';
import { forksOf, trainsBeginnings } from '../catalog/answer-segments.js';
import { phaseSteps } from '../catalog/training-keys.js';
import type { Recipe, RecipeContext, Snapshot, StepResult, TrainingRow } from '../recipe.js';
import { policyTemperature } from '../rollout/answer-segments.js';
import { collect, type Completion, rowToLearn, trainingDraw } from '../rollout/collect.js';
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
import { grade, graderOf, refuseDown, trainingReward } from '../rollout/score.js';
import { stepWarnings } from '../rollout/step-warnings.js';
import { learnedTokens, updateOnBatch } from '../rollout/update-on-batch.js';
import { cursorPlain, readCursorPlain } from '../training/cursor-plain.js';
import { seedOf, streamOf } from '../training/random-streams.js';
import {
  beside,
  learningRate,
  openReference,
  openTrainer,
  readPlain,
  restoreTrainer,
  snapshotTrainer,
} from '../training/trainer-state.js';
import { untilUpdate } from '../training/until-update.js';
import { compareGroups } from './compare-groups.js';
import type { GrpoConfig } from './keys.js';
import { leaveAsIs } from './leave-as-is.js';
import { type Observation, watch } from './observation.js';
import { type ScheduledReward, scheduledReward } from './reward-schedule.js';
import { rowOrder } from './row-order.js';
import { nextTemperature, usedTemperature } from './temperature-control.js';
import { weightedRows } from './weighted-rows.js';

export interface GrpoVariant<Config> {
  readonly name: string;
  /** What the completions of one prompt earned, in order; null where the grader failed. Default: their grades. */
  readonly rewardsOf?: (group: readonly GradedCompletion[], config: Config) => readonly (number | null)[];
  /** Before anything else. @throws UnusableRowsError for rows that cannot be paid for. */
  readonly checkRows?: (ctx: RecipeContext<Config>) => void;
  /** Which rows are trained on, asked once before the first step. Default: all of them. */
  readonly choose?: (ctx: RecipeContext<Config>, trainer: Trainer) => Promise<RowChoice>;
  /** Whether rows come in the order of the choice in every epoch. Default: no, each epoch shuffles them. */
  readonly keepsOrder?: (config: Config) => boolean;
  /** What a step shows of the policy beside its rewards; complaints in a row may end the phase. Default: nothing. */
  readonly observe?: (graded: readonly GradedCompletion[], config: Config) => Observation;
}

const RowChoice = Type.Object({
  /** Indices into the training rows; without any the phase ends at once and leaves the weights as they are. */
  rows: Type.Array(Type.Integer({ minimum: 0 })),
  /** What every step reports of the choice. */
  metrics: Type.Record(Type.String(), Type.Number()),
});
export type RowChoice = Static<typeof RowChoice>;

export interface GrpoState {
  readonly trainer: Trainer;
  /** Frozen; only with a KL penalty. */
  readonly reference: Trainer | null;
  /** Null where no row is trained on. */
  readonly order: RowOrder | null;
  /** Null: every row. */
  readonly choice: RowChoice | null;
  readonly rows: readonly TrainingRow[];
  readonly step: number;
  readonly cursor: RowCursor;
  /** Where the control of the temperature has come to. */
  readonly temperature: number;
  /** Steps in a row, up to the last, that were complained of. */
  readonly complaints: number;
}

/** Beside the position in the data; absent in snapshots of versions that had no such thing, where it was at its start. */
const Further = Type.Object({
  temperature: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  choice: Type.Optional(RowChoice),
  complaints: Type.Optional(Type.Integer({ minimum: 0 })),
});
/** Above that of supervised training: policy gradients are noisier, and their scale must be averaged over more steps. */
const BETA2 = 0.99;

export function grpoLoop<Config extends GrpoConfig>(variant: GrpoVariant<Config>): Recipe<Config, GrpoState> {
  const { name } = variant;
  const stateOf = async (
    ctx: RecipeContext<Config>,
    parts: Pick<GrpoState, 'trainer' | 'choice' | 'step' | 'cursor' | 'temperature' | 'complaints'>,
  ): Promise<GrpoState> => {
    const { trainingRows, seed, config } = ctx;
    const reference = config.kl_beta > 0 ? await openReference(ctx) : null;
    const rows = parts.choice ? rowsAt(trainingRows, Int32Array.from(parts.choice.rows)) : trainingRows;
    const order = { count: rows.length, batchSize: config.batch_size, isKept: variant.keepsOrder?.(config) ?? false };
    return { ...parts, reference, rows, order: rowOrder(streamOf(seed, `${name} rows`), order) };
  };
  return {
    name,
    async init(ctx) {
      variant.checkRows?.(ctx);
      const trainer = await openTrainer(ctx, BETA2);
      return beside(trainer, async () => {
        const choice = (await variant.choose?.(ctx, trainer)) ?? null;
        const { temperature } = ctx.config;
        return stateOf(ctx, { trainer, choice, step: 0, cursor: FIRST_ROW, temperature, complaints: 0 });
      });
    },
    async restore(ctx, snapshot) {
      const { step, updates, cursor } = readCursorPlain(snapshot.plain, name);
      const further = readPlain(Further, snapshot.plain, name);
      const { temperature = ctx.config.temperature, choice = null, complaints = 0 } = further;
      invariant(choice !== null || !variant.choose, `this snapshot of ${name} does not say which rows it trains on`);
      const trainer = await restoreTrainer(ctx, snapshot, updates, BETA2);
      return beside(trainer, () => stateOf(ctx, { trainer, choice, step, cursor, temperature, complaints }));
    },
    async snapshot({ trainer, step, cursor, temperature, choice, complaints }): Promise<Snapshot> {
      const { updates, ...tensors } = await snapshotTrainer(trainer);
      const further: Static<typeof Further> = { temperature, complaints, ...(choice ? { choice } : {}) };
      return { ...tensors, plain: { ...cursorPlain(name, { step, updates, cursor }), ...further } };
    },
    async step(state, ctx) {
      const { order } = state;
      if (order) return takeStep(variant, { ...state, order }, ctx);
      const left = await leaveAsIs(ctx, state.trainer, state.choice?.metrics ?? {});
      return { ...left, state: { ...state, step: state.step + 1 } };
    },
    async dispose({ trainer, reference }) {
      await trainer.dispose();
      await reference?.dispose();
    },
  };
}

async function takeStep<Config extends GrpoConfig>(
  variant: GrpoVariant<Config>,
  state: GrpoState & { readonly order: RowOrder },
  ctx: RecipeContext<Config>,
): Promise<StepResult<GrpoState>> {
  const before = untilUpdate(ctx);
  before.signal.throwIfAborted();
  const { config, monotonicMs: now } = ctx;
  const [step, totalSteps] = [state.step + 1, phaseSteps(config, state.rows.length)];
  const temperature = usedTemperature(state.temperature, config);
  const [spec, draw, started] = [lossOf(config, temperature), trainingDraw(config), now()];

  // Collect: the policy sees every prompt of the batch `group_size` times.
  const batch = state.order.batchAt(state.cursor);
  await publish(state.trainer, ctx, state.step);
  const completions = await collect(before, rowsAt(state.rows, batch.rows), {
    perRow: config.group_size,
    temperature,
    seed: seedOf(ctx.seed, `${variant.name} rollouts ${step}`),
    policyVersion: state.step,
    ...draw,
  });

  // Score. Graders take their time, in which the trainer gets ready.
  void state.trainer.prepare(completions.map(rowToLearn), spec);
  const { grades, graded, scheduled, learned } = await scheduledGrades(before, completions, step);
  const { scores, metrics: earned } = compared(variant, config, scheduled);
  const sampled = now();

  // Update.
  const trainedOn = await weightedRows(state.reference, { ...config, temperature }, completions, scores);
  const rate = learningRate(config, state.step, totalSteps, 'constant');
  const { first, last } = await updateOnBatch(state.trainer, trainedOn.rows, {
    completions,
    spec,
    denominators: { policyGradient: trainedOn.denominator },
    learningRate: rate,
    epochs: config.epochs_per_batch,
    step,
    signal: before.signal,
  });
  const trained = now();

  // Log.
  const rollouts = { ...rolloutMetrics({ completions, grades }, learned), ...drawMetrics(completions, draw) };
  const moved = nextTemperature(state.temperature, rollouts['sampled_entropy'] ?? 0, config);
  const watched = watch(variant.observe?.(graded, config), state.complaints);
  const isLast = step >= totalSteps || watched.isEnough;
  const valid = await evaluateWhenDue(state.trainer, ctx, step, isLast ? step : totalSteps);
  const metrics = {
    step,
    total_steps: totalSteps,
    ...rollouts,
    ...state.choice?.metrics,
    ...watched.metrics,
    ...earned,
    ...updateMetrics(first, last, learnedTokens(trainedOn.rows, spec), state.reference !== null),
    learning_rate: rate,
    temperature,
    ...validationMetrics(valid),
  };
  const timing = stepTiming({ started, sampled, trained, ended: now() });
  const tree = eventTree(graderOf(ctx).compiled, { completions, grades }, valid, timing);
  return {
    state: { ...state, step, cursor: batch.next, temperature: moved, complaints: watched.complaints },
    done: isLast,
    metrics,
    tokens: trainedOn.rows.reduce((sum, { tokens }) => sum + tokens.length, 0),
    validation: valid,
    event: { message: message(step, totalSteps, metrics) + watched.ending, data: { ...metrics, ...tree } },
    warnings: [...stepWarnings(step, metrics), ...watched.warnings],
  };
}

/** Grades, and what of them counts in this step. @throws GraderDownError when the grader answered for none of that. */
async function scheduledGrades(ctx: RecipeContext<GrpoConfig>, completions: readonly Completion[], step: number) {
  const grades = await grade(ctx, completions);
  const graded = gradedCompletions(ctx, completions, grades);
  const scheduled = scheduledReward(ctx.config.reward_schedule, step, graded);
  const learned = scheduled.graded.map((each) => each.grade);
  refuseDown(learned);
  return { grades, graded, scheduled, learned };
}

/** What completions earned, and how each compares with the others of its prompt. */
function compared<Config extends GrpoConfig>(variant: GrpoVariant<Config>, config: Config, scheduled: ScheduledReward) {
  const rewards = rewardsOf(variant, config, scheduled.graded);
  const comparison = { normaliseStd: config.normalise_std, baseline: config.advantage_baseline };
  const { group_size: groupSize, answer_segments: segments = [] } = config;
  const shape = { groupSize, forks: forksOf(segments), trainsBeginnings: trainsBeginnings(segments) };
  const scores = compareGroups(rewards, shape, comparison);
  const isShaped = variant.rewardsOf !== undefined || scheduled.turn !== null;
  const shaped = isShaped ? { train_shaped_reward: meanKnown(rewards) } : {};
  const metrics = { ...shaped, ...scheduled.metrics, frac_zero_variance: scores.zeroVarianceFraction };
  return { scores, metrics };
}

/** In the order of the completions, those of one prompt being adjacent. */
function rewardsOf<Config extends GrpoConfig>(
  { rewardsOf: shape }: GrpoVariant<Config>,
  config: Config,
  graded: readonly GradedCompletion[],
): (number | null)[] {
  if (!shape) return graded.map(({ grade }) => trainingReward(grade));
  const groups = Array.from({ length: graded.length / config.group_size }, (_, g) =>
    graded.slice(g * config.group_size, (g + 1) * config.group_size),
  );
  return groups.flatMap((group) => [...shape(group, config)]);
}

function lossOf(config: GrpoConfig, temperature: number): LossSpec {
  const { clip_low: clipLow, clip_high: clipHigh, dual_clip: dualClip } = config;
  const { kl_beta: klBeta, entropy_bonus: entropyBonus, answer_segments: segments = [] } = config;
  const at = policyTemperature(segments, temperature);
  return {
    crossEntropy: false,
    policyGradient: { clipLow, clipHigh, dualClip, temperature: at, klBeta, entropyBonus },
  };
}
