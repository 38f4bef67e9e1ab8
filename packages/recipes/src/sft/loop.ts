/**
 * The loop of supervised training, for every recipe built on it: rows become token records, a batch is weighed and imitated.
 * State: weights, moments, step and a cursor into the rows. Recipes on top say in which order rows come, which of a batch
 * are trained on and how much each counts, and how the learning rate moves.
 */
import type { Tensor } from '@preheat/checkpoints';
import {
  CROSS_ENTROPY,
  FIRST_ROW,
  imitate,
  type LossSpec,
  type RowBatch,
  type RowCursor,
  type RowOrder,
  RowSampler,
  type StepReport,
  type TokenRecord,
  type Trainer,
  trainedTokens,
  type WeightedTokens,
} from '@preheat/nn';
import { phaseSteps } from '../catalog/training-keys.js';
import type { Recipe, RecipeContext, Snapshot, StepResult } from '../recipe.js';
import { cursorPlain, readCursorPlain } from '../training/cursor-plain.js';
import { lossMessage } from '../training/loss-message.js';
import { streamOf } from '../training/random-streams.js';
import { learningRate, openTrainer, restoreTrainer, snapshotTrainer } from '../training/trainer-state.js';
import { TrainingDivergedError } from '../training/training-diverged-error.js';
import { untilUpdate } from '../training/until-update.js';
import type { SupervisedConfig } from './config.js';
import { Demonstrations, type DemonstrationOptions } from './demonstrations.js';
import { type Batch, chosenRows, type SelectRows } from './row-selection.js';
import { validationMetrics } from './validation.js';

/** Batches sorted by length together: enough that a batch has nearly one length, few enough that order stays random. */
const WINDOW_BATCHES = 16;
/** Below the usual 0.999: short runs must forget the first, large gradients. */
const BETA2 = 0.95;

export interface SupervisedVariant<Config> {
  readonly name: string;
  /** Which tokens of a row are trained. Default: those of assistant messages. */
  readonly trains?: (config: Config) => Pick<DemonstrationOptions, 'tokens'>;
  /** In which order rows come. Default: a permutation an epoch, in batches of similar lengths. */
  readonly order?: (ctx: RecipeContext<Config>) => RowOrder;
  /** Recipe whose permutations are drawn, so that both see the same batches. Default: its own. */
  readonly ordersAs?: string;
  /** Which rows of a batch are trained on. Default: every row. */
  readonly select?: SelectRows<Config>;
  /** How much each row of a batch counts, and what is to be logged of it. Default: 1 each. */
  readonly weigh?: (ctx: RecipeContext<Config>, batch: RowBatch) => RowWeights;
  /** How the chosen records are taught. Default: every trained token is imitated, read as it is. */
  readonly teach?: Teaching<Config>;
  /** Further metrics of the model after a step; what it asks of the trainer must leave it as it was. */
  readonly measure?: (
    ctx: RecipeContext<Config>,
    measurement: Measurement,
  ) => Promise<Readonly<Record<string, number>>>;
  /** Learning rate of step `step` (0 is the first). Default: warm-up, then a cosine to a tenth of the peak. */
  readonly rateAt?: (config: Config, step: number, totalSteps: number) => number;
}

export interface Teaching<Config> {
  readonly lossOf: (config: Config) => LossSpec;
  /** One row a record, in order; weights of a row that leave its mean loss what it was have the mean 1. */
  readonly lessons: (ctx: RecipeContext<Config>, lesson: Lesson) => Promise<Lessons>;
}

export interface Lesson {
  readonly trainer: Trainer;
  readonly records: readonly TokenRecord[];
  /** Number of the step, from 1, and of the last one. */
  readonly step: number;
  readonly totalSteps: number;
}

export interface Lessons {
  readonly rows: readonly WeightedTokens[];
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Measurement {
  readonly trainer: Trainer;
  readonly training: Demonstrations;
  /** Number of the step, from 1, and of the last one. */
  readonly step: number;
  readonly totalSteps: number;
}

export interface RowWeights {
  readonly weights: ArrayLike<number> | null;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface SupervisedState {
  readonly trainer: Trainer;
  readonly training: Demonstrations;
  readonly validation: Demonstrations;
  readonly order: RowOrder;
  readonly step: number;
  readonly cursor: RowCursor;
  /** Of the selection of rows; null where there is none, or before the first. */
  readonly memory: Tensor | null;
  /** The batch at the cursor where it was made ahead of its step; not part of a snapshot. */
  readonly ahead?: Batch | undefined;
}

const PLAIN: RowWeights = { weights: null, metrics: {} };
/** Name of what a selection remembers, among the tensors of a snapshot that only training needs. */
const MEMORY = 'selection.memory';

export function supervisedLoop<Config extends SupervisedConfig>(
  variant: SupervisedVariant<Config>,
): Recipe<Config, SupervisedState> {
  const { name } = variant;
  const stateOf = (
    ctx: RecipeContext<Config>,
    parts: Pick<SupervisedState, 'trainer' | 'step' | 'cursor' | 'memory'>,
  ): SupervisedState => {
    const { config, tokenizer } = ctx;
    const options = { maxTokens: config.max_sequence_length, ...variant.trains?.(config) };
    const demonstrations = (rows: typeof ctx.trainingRows, keep: boolean) =>
      new Demonstrations(rows, tokenizer, { ...options, keep });
    const training = demonstrations(ctx.trainingRows, config.n_epochs > 1);
    const order = variant.order?.(ctx) ?? shuffled(ctx, variant.ordersAs ?? name, training);
    return { ...parts, training, validation: demonstrations(ctx.validationRows, true), order };
  };
  return {
    name,
    async init(ctx) {
      return stateOf(ctx, { trainer: await openTrainer(ctx, BETA2), step: 0, cursor: FIRST_ROW, memory: null });
    },
    async restore(ctx, snapshot) {
      const { step, updates, cursor } = readCursorPlain(snapshot.plain, name);
      const trainer = await restoreTrainer(ctx, snapshot, updates, BETA2);
      return stateOf(ctx, { trainer, step, cursor, memory: snapshot.optimizer.get(MEMORY) ?? null });
    },
    async snapshot({ trainer, step, cursor, memory }): Promise<Snapshot> {
      const { updates, optimizer, ...tensors } = await snapshotTrainer(trainer);
      const training = memory ? new Map([...optimizer, [MEMORY, memory] as const]) : optimizer;
      return { ...tensors, optimizer: training, plain: cursorPlain(name, { step, updates, cursor }) };
    },
    step: (state, ctx) => takeStep(variant, state, ctx),
    async dispose({ trainer }) {
      await trainer.dispose();
    },
  };
}

function shuffled({ config, seed }: RecipeContext<SupervisedConfig>, name: string, training: Demonstrations): RowOrder {
  const order = { batchSize: config.batch_size, windowBatches: WINDOW_BATCHES };
  return new RowSampler(training.lengths(), streamOf(seed, `${name} rows`), order);
}

async function takeStep<Config extends SupervisedConfig>(
  variant: SupervisedVariant<Config>,
  state: SupervisedState,
  ctx: RecipeContext<Config>,
): Promise<StepResult<SupervisedState>> {
  const { signal } = untilUpdate(ctx);
  signal.throwIfAborted();
  const { config } = ctx;
  const totalSteps = phaseSteps(config, state.training.count);
  const step = state.step + 1;

  // Collect.
  const { trainer, memory: known } = state;
  const candidates = state.ahead ?? collect(state, state.cursor);
  const chosen = await chosenRows(variant.select, ctx, candidates, { trainer, memory: known, step });
  const { records, drawn, memory } = chosen;
  signal.throwIfAborted();

  // Score: every trained token of the batch weighs the same, but for the weight of its row.
  const { weights, metrics: weighed } = variant.weigh?.(ctx, drawn) ?? PLAIN;
  const trained = records.reduce((sum, record) => sum + trainedTokens(record), 0);
  const denominators = { crossEntropy: Math.max(1, trained) };
  const spec = variant.teach?.lossOf(config) ?? CROSS_ENTROPY;
  const weighted = weights ? records.map((record, i) => weightedRecord(record, weights[i] ?? 1)) : records;
  const { rows, metrics: taught } = variant.teach
    ? await variant.teach.lessons(ctx, { trainer, records: weighted, step, totalSteps })
    : { rows: weighted.map(imitate), metrics: {} };
  signal.throwIfAborted();

  // Update.
  const rate = (variant.rateAt ?? cosine)(config, state.step, totalSteps);
  const request = { spec, denominators, learningRate: rate, signal };
  const stepping = state.trainer.step(rows, request);
  const ahead = step < totalSteps ? collectAhead(state, drawn.next, variant.select ? null : spec) : undefined;
  const report = await stepping;
  if (!Number.isFinite(report.loss)) throw new TrainingDivergedError(step, report.loss);

  // Log.
  const validation = await validationMetrics(trainer, state.validation, ctx, step, totalSteps);
  const broken = Object.values(validation).find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw new TrainingDivergedError(step, broken);
  const measured = await variant.measure?.(ctx, { trainer, training: state.training, step, totalSteps });
  const metrics = {
    step,
    total_steps: totalSteps,
    ...trainingMetrics(records, trained, report),
    learning_rate: rate,
    epoch: drawn.epoch,
    ...weighed,
    ...taught,
    ...chosen.metrics,
    ...validation,
    ...measured,
  };
  return {
    state: { ...state, step, cursor: drawn.next, memory, ahead },
    done: step >= totalSteps,
    metrics,
    tokens: records.reduce((sum, { tokens }) => sum + tokens.length, 0),
    event: { message: lossMessage(metrics), data: metrics },
  };
}

const cosine = (config: SupervisedConfig, step: number, totalSteps: number): number =>
  learningRate(config, step, totalSteps, 'cosine');

export const weightedRecord = (record: TokenRecord, weight: number): TokenRecord => ({
  ...record,
  advantageWeight: record.advantageWeight.map((each) => each * weight),
});

function collect({ order, training }: SupervisedState, cursor: RowCursor): Batch {
  const drawn = order.batchAt(cursor);
  return { records: Array.from(drawn.rows, (row) => training.record(row)), drawn };
}

/**
 * The next batch and what the trainer needs for it, while it is at work on this one.
 * @param whole Of the loss, where the whole batch is trained on; else null.
 */
function collectAhead(state: SupervisedState, cursor: RowCursor, whole: LossSpec | null): Batch | undefined {
  try {
    const batch = collect(state, cursor);
    if (!whole) return batch;
    void state.trainer.prepare(batch.records.map(imitate), whole);
    return batch;
  } catch {
    // A row that has no tokens: the step that trains on it says so.
    return undefined;
  }
}

function trainingMetrics(records: readonly TokenRecord[], trained: number, report: StepReport) {
  const used = records.reduce((sum, { tokens }) => sum + tokens.length - 1, 0);
  return {
    train_loss: report.loss,
    train_mean_token_accuracy: trained > 0 ? report.correct / trained : 0,
    ...(Number.isFinite(report.gradientNorm) ? { gradient_norm: report.gradientNorm } : {}),
    update_skipped: report.applied ? 0 : 1,
    trained_tokens: trained,
    padding_fraction: report.paddedTokens > 0 ? 1 - used / report.paddedTokens : 0,
  };
}
