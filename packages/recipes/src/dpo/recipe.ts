/**
 * Preference tuning (README.md): of two answers to a prompt, the preferred one is made likelier than the other, measured
 * against where the phase started. State: weights, moments, step, a cursor into the shuffled pairs, and what the reference
 * said of the pairs seen.
 */
import {
  CROSS_ENTROPY,
  FIRST_ROW,
  needsReference,
  type PairLoss,
  type PreferenceSpec,
  type RowCursor,
  RowSampler,
  type Trainer,
} from '@preheat/nn';
import type { PreferenceRow } from '@preheat/contracts';
import type { Recipe, RecipeContext, Snapshot, StepResult } from '../recipe.js';
import { cursorPlain, readCursorPlain } from '../training/cursor-plain.js';
import { lossMessage } from '../training/loss-message.js';
import { streamOf } from '../training/random-streams.js';
import {
  learningRate,
  openReference,
  openTrainer,
  restoreTrainer,
  snapshotTrainer,
} from '../training/trainer-state.js';
import { TrainingDivergedError } from '../training/training-diverged-error.js';
import { untilUpdate } from '../training/until-update.js';
import { answerLogProbs } from './answer-log-probs.js';
import { comparePairs, pairMetrics, weightedAnswers } from './compare-pairs.js';
import { type DpoConfig, dpoEntry } from './config.js';
import { type Pair, PreferencePairs } from './preference-pairs.js';
import { ReferenceScores } from './reference-scores.js';

/** Batches sorted by length together, as in sft. */
const WINDOW_BATCHES = 16;
/** Pairs scored at once in validation: bounds what is held of a large file. */
const CHUNK_PAIRS = 256;
const BETA2 = 0.95;
const REFERENCE = { training: 'reference.training', validation: 'reference.validation' } as const;

type Context = RecipeContext<DpoConfig, PreferenceRow>;

/** Pairs of a file with what the reference says of them. */
interface Judged {
  readonly pairs: PreferencePairs;
  readonly reference: ReferenceScores;
}

interface DpoState {
  readonly trainer: Trainer;
  readonly training: Judged;
  readonly validation: Judged;
  readonly sampler: RowSampler;
  readonly step: number;
  readonly cursor: RowCursor;
  /** Frozen; open while the reference has pairs left to say something of. */
  readonly frozen: { trainer: Trainer | null };
}

function stateOf(ctx: Context, trainer: Trainer, step: number, cursor: RowCursor, stored?: Snapshot): DpoState {
  const { config, tokenizer, seed } = ctx;
  const judged = (rows: readonly PreferenceRow[], name: string): Judged => ({
    pairs: new PreferencePairs(rows, tokenizer, config.max_sequence_length),
    reference: new ReferenceScores(rows.length, stored?.optimizer.get(name)),
  });
  const training = judged(ctx.trainingRows, REFERENCE.training);
  const validation = judged(ctx.validationRows, REFERENCE.validation);
  const order = { batchSize: config.batch_size, windowBatches: WINDOW_BATCHES };
  const sampler = new RowSampler(training.pairs.lengths(), streamOf(seed, 'dpo rows'), order);
  return { trainer, training, validation, sampler, step, cursor, frozen: { trainer: null } };
}

export const dpo: Recipe<DpoConfig, DpoState, PreferenceRow> = {
  name: 'dpo',

  async init(ctx) {
    return stateOf(ctx, await openTrainer(ctx, BETA2), 0, FIRST_ROW);
  },

  async restore(ctx, snapshot) {
    const { step, updates, cursor } = readCursorPlain(snapshot.plain, 'dpo');
    return stateOf(ctx, await restoreTrainer(ctx, snapshot, updates, BETA2), step, cursor, snapshot);
  },

  async snapshot({ trainer, training, validation, step, cursor }): Promise<Snapshot> {
    const { updates, optimizer, ...tensors } = await snapshotTrainer(trainer);
    const references = [
      [REFERENCE.training, training.reference.tensor()],
      [REFERENCE.validation, validation.reference.tensor()],
    ] as const;
    return {
      ...tensors,
      optimizer: new Map([...optimizer, ...references.filter(([, { data }]) => data.length > 0)]),
      plain: cursorPlain('dpo', { step, updates, cursor }),
    };
  },

  async step(state, ctx): Promise<StepResult<DpoState>> {
    const { signal } = untilUpdate(ctx);
    signal.throwIfAborted();
    const { config } = ctx;
    const totalSteps = dpoEntry.totalSteps(config, ctx.trainingRows.length);
    const step = state.step + 1;

    // Collect.
    const batch = state.sampler.batchAt(state.cursor);
    const rows = [...batch.rows];
    const pairs = rows.map((row) => state.training.pairs.pair(row));

    // Score.
    const losses = await judge(state, ctx, state.training.reference, rows, pairs);
    const metrics = pairMetrics(losses, 'train');
    const loss = metrics['train_loss'] ?? Number.NaN;
    if (!Number.isFinite(loss)) throw new TrainingDivergedError(step, loss);
    signal.throwIfAborted();

    // Update.
    const rate = learningRate(config, state.step, totalSteps, 'cosine');
    const answers = weightedAnswers(pairs, losses);
    const denominators = { crossEntropy: pairs.length };
    const request = { spec: CROSS_ENTROPY, denominators, learningRate: rate, signal };
    const report = await state.trainer.step(answers, request);

    // Log.
    const logged = {
      step,
      total_steps: totalSteps,
      train_loss: loss,
      ...metrics,
      ...(Number.isFinite(report.gradientNorm) ? { gradient_norm: report.gradientNorm } : {}),
      update_skipped: report.applied ? 0 : 1,
      learning_rate: rate,
      epoch: batch.epoch,
      ...(await validationMetrics(state, ctx, step, totalSteps)),
    };
    await closeWhenComplete(state);
    return {
      state: { ...state, step, cursor: batch.next },
      done: step >= totalSteps,
      metrics: logged,
      tokens: answers.reduce((sum, { tokens }) => sum + tokens.length, 0),
      event: { message: lossMessage(logged), data: logged },
    };
  },

  async dispose({ trainer, frozen }) {
    await trainer.dispose();
    await frozen.trainer?.dispose();
  },
};

const specOf = ({ loss_type: loss, beta, target_margin: targetMargin }: DpoConfig): PreferenceSpec => ({
  loss,
  beta,
  targetMargin,
});

/** The losses of some pairs of a file under the current policy. */
async function judge(
  { trainer, frozen }: DpoState,
  ctx: Context,
  reference: ReferenceScores,
  rows: readonly number[],
  pairs: readonly Pair[],
): Promise<PairLoss[]> {
  const spec = specOf(ctx.config);
  const open = async (): Promise<Trainer> => (frozen.trainer ??= await openReference(ctx));
  const known = needsReference(spec.loss) ? await reference.of(rows, pairs, open) : null;
  return comparePairs(pairs, await answerLogProbs(trainer, pairs), known, spec);
}

/** `valid_*` over the first `eval_rows` pairs every `eval_interval` steps, `full_valid_*` over all after the last step. */
async function validationMetrics(
  state: DpoState,
  ctx: Context,
  step: number,
  totalSteps: number,
): Promise<Record<string, number>> {
  const { eval_interval: interval, eval_rows: samples } = ctx.config;
  const { count } = state.validation.pairs;
  const isLast = step >= totalSteps;
  if (count === 0 || (!isLast && step % interval !== 0)) return {};
  return state.trainer.withAverage(async () => {
    const sampled = await judgeMany(state, ctx, 0, Math.min(count, samples));
    const metrics = pairMetrics(sampled, 'valid');
    if (!isLast) return metrics;
    const rest = await judgeMany(state, ctx, sampled.length, count);
    return { ...metrics, ...pairMetrics([...sampled, ...rest], 'full_valid') };
  });
}

/** The losses of the validation pairs from `start` up to, not including, `end`. */
async function judgeMany(state: DpoState, ctx: Context, start: number, end: number): Promise<PairLoss[]> {
  const losses: PairLoss[] = [];
  for (let first = start; first < end; first += CHUNK_PAIRS) {
    ctx.signal.throwIfAborted();
    const rows = Array.from({ length: Math.min(CHUNK_PAIRS, end - first) }, (_, i) => first + i);
    const { pairs, reference } = state.validation;
    losses.push(
      ...(await judge(
        state,
        ctx,
        reference,
        rows,
        rows.map((row) => pairs.pair(row)),
      )),
    );
  }
  return losses;
}

async function closeWhenComplete({ frozen, training, validation }: DpoState): Promise<void> {
  if (!training.reference.isComplete || !validation.reference.isComplete) return;
  await frozen.trainer?.dispose();
  frozen.trainer = null;
}
