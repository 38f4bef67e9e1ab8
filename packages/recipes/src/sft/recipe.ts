/**
 * Supervised fine-tuning (README.md): the assistant turns of chat rows are imitated, every trained token weighing the
 * same. State: weights, moments, step and a cursor into the shuffled rows.
 */
import {
  CROSS_ENTROPY,
  FIRST_ROW,
  imitate,
  type RowCursor,
  RowSampler,
  type StepReport,
  type TokenRecord,
  type Trainer,
  trainedTokens,
} from '@preheat/nn';
import Type from 'typebox';
import type { Recipe, RecipeContext, Snapshot, StepResult } from '../recipe.js';
import { streamOf } from '../training/random-streams.js';
import { learningRate, openTrainer, readPlain, restoreTrainer, snapshotTrainer } from '../training/trainer-state.js';
import { TrainingDivergedError } from '../training/training-diverged-error.js';
import { untilUpdate } from '../training/until-update.js';
import { type SftConfig, sftEntry } from './config.js';
import { Demonstrations } from './demonstrations.js';
import { validationMetrics } from './validation.js';

/** Batches sorted by length together: enough that a batch has nearly one length, few enough that order stays random. */
const WINDOW_BATCHES = 16;
/** Below the usual 0.999: short runs must forget the first, large gradients. */
const BETA2 = 0.95;

interface SftState {
  readonly trainer: Trainer;
  readonly training: Demonstrations;
  readonly validation: Demonstrations;
  readonly sampler: RowSampler;
  readonly step: number;
  readonly cursor: RowCursor;
  /** The batch at the cursor where it was made ahead of its step; not part of a snapshot. */
  readonly ahead?: Batch | undefined;
}

interface Batch {
  readonly records: readonly TokenRecord[];
  readonly epoch: number;
  readonly next: RowCursor;
}

const Plain = Type.Object({
  schemaVersion: Type.Literal(1),
  recipe: Type.Literal('sft'),
  step: Type.Integer({ minimum: 0 }),
  updates: Type.Integer({ minimum: 0 }),
  cursor: Type.Object({ epoch: Type.Integer({ minimum: 0 }), offset: Type.Integer({ minimum: 0 }) }),
});

function stateOf(ctx: RecipeContext<SftConfig>, trainer: Trainer, step: number, cursor: RowCursor): SftState {
  const { config, tokenizer, seed } = ctx;
  const demonstrations = (rows: typeof ctx.trainingRows, keep: boolean) =>
    new Demonstrations(rows, tokenizer, config.max_sequence_length, keep);
  const training = demonstrations(ctx.trainingRows, config.n_epochs > 1);
  const order = { batchSize: config.batch_size, windowBatches: WINDOW_BATCHES };
  const sampler = new RowSampler(training.lengths(), streamOf(seed, 'sft rows'), order);
  return { trainer, training, validation: demonstrations(ctx.validationRows, true), sampler, step, cursor };
}

export const sft: Recipe<SftConfig, SftState> = {
  name: 'sft',

  async init(ctx) {
    return stateOf(ctx, await openTrainer(ctx, BETA2), 0, FIRST_ROW);
  },

  async restore(ctx, snapshot) {
    const { step, updates, cursor } = readPlain(Plain, snapshot.plain, 'sft');
    return stateOf(ctx, await restoreTrainer(ctx, snapshot, updates, BETA2), step, cursor);
  },

  async snapshot({ trainer, step, cursor }): Promise<Snapshot> {
    const { updates, ...tensors } = await snapshotTrainer(trainer);
    return { ...tensors, plain: { schemaVersion: 1, recipe: 'sft', step, updates, cursor } };
  },

  async step(state, ctx): Promise<StepResult<SftState>> {
    const { signal } = untilUpdate(ctx);
    signal.throwIfAborted();
    const { config } = ctx;
    const totalSteps = sftEntry.totalSteps(config, state.training.count);
    const step = state.step + 1;

    // Collect.
    const batch = state.ahead ?? collect(state, state.cursor);
    const { records } = batch;

    // Score: every trained token of the batch weighs the same.
    const trained = records.reduce((sum, record) => sum + trainedTokens(record), 0);
    const denominators = { crossEntropy: Math.max(1, trained) };

    // Update.
    const rate = learningRate(config, state.step, totalSteps, 'cosine');
    const request = { spec: CROSS_ENTROPY, denominators, learningRate: rate, signal };
    const stepping = state.trainer.step(records.map(imitate), request);
    const ahead = step < totalSteps ? collectAhead(state, batch.next) : undefined;
    const report = await stepping;
    if (!Number.isFinite(report.loss)) throw new TrainingDivergedError(step, report.loss);

    // Log.
    const validation = await validationMetrics(state.trainer, state.validation, ctx, step, totalSteps);
    const broken = Object.values(validation).find((value) => !Number.isFinite(value));
    if (broken !== undefined) throw new TrainingDivergedError(step, broken);
    const metrics = {
      step,
      total_steps: totalSteps,
      ...trainingMetrics(records, trained, report),
      learning_rate: rate,
      epoch: batch.epoch,
      ...validation,
    };
    return {
      state: { ...state, step, cursor: batch.next, ahead },
      done: step >= totalSteps,
      metrics,
      tokens: records.reduce((sum, { tokens }) => sum + tokens.length, 0),
      event: { message: message(metrics), data: metrics },
    };
  },

  async dispose({ trainer }) {
    await trainer.dispose();
  },
};

function collect({ sampler, training }: SftState, cursor: RowCursor): Batch {
  const { rows, epoch, next } = sampler.batchAt(cursor);
  return { records: Array.from(rows, (row) => training.record(row)), epoch, next };
}

/** The next batch and what the trainer needs for it, while it is at work on this one. */
function collectAhead(state: SftState, cursor: RowCursor): Batch | undefined {
  try {
    const batch = collect(state, cursor);
    const lengths = batch.records.map(({ tokens }) => tokens.length);
    void state.trainer.prepare(lengths, CROSS_ENTROPY);
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

function message(
  metrics: Readonly<Record<string, number>> & { step: number; total_steps: number; train_loss: number },
) {
  const validation = metrics['full_valid_loss'] ?? metrics['valid_loss'];
  const suffix = validation === undefined ? '' : `, validation loss=${validation.toFixed(2)}`;
  return `Step ${metrics.step}/${metrics.total_steps}: training loss=${metrics.train_loss.toFixed(2)}${suffix}`;
}
