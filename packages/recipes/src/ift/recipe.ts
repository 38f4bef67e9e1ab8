/** Intuitive Fine-Tuning (README.md): supervised training on rows read partly as the model would have written them. */
import { CROSS_ENTROPY, type InputMixture, imitate, type TokenRecord } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import { type Lesson, type Lessons, supervisedLoop } from '../sft/loop.js';
import { streamOf } from '../training/random-streams.js';
import type { IftConfig } from './config.js';
import { differentiatedWeights, propagatedWeights } from './propagation.js';
import { readAsWritten } from './read-as-written.js';

export const ift = supervisedLoop<IftConfig>({
  name: 'ift',
  ordersAs: 'sft',
  teach: {
    lossOf: ({ residual }) => (residual > 0 ? { ...CROSS_ENTROPY, mixesInputs: true } : CROSS_ENTROPY),
    lessons,
  },
});

async function lessons(ctx: RecipeContext<IftConfig>, lesson: Lesson): Promise<Lessons> {
  const { records } = lesson;
  const read = await mixtures(ctx, lesson);
  const weights = await tokenWeights(ctx.config, lesson, read.mixtures);
  const rows = records.map((record, r) => {
    const own = weights.by[r];
    const weighed = own && record.advantageWeight.map((weight, t) => weight * (own[t] ?? 0));
    const row = imitate(weighed ? { ...record, advantageWeight: weighed } : record);
    const mixture = read.mixtures?.[r];
    return mixture ? { ...row, mixture } : row;
  });
  return { rows, metrics: { ...read.metrics, ...weights.metrics } };
}

/** Pass 1: what the model would say at each place; not needed where nothing is read so. */
async function mixtures({ config, seed }: RecipeContext<IftConfig>, { trainer, records, step, totalSteps }: Lesson) {
  if (config.residual === 0) return { mixtures: undefined, metrics: {} };
  const guesses = await trainer.guesses(records.map(({ tokens }) => tokens));
  const random = streamOf(seed, `ift swaps ${step}`);
  const progress = totalSteps > 1 ? (step - 1) / (totalSteps - 1) : 1;
  const found = records.map((record, r) =>
    readAsWritten(record, guesses[r] ?? record.tokens, config, progress, random),
  );
  return { mixtures: found, metrics: { read_differently: shareReadDifferently(records, found) } };
}

/** Pass 2: the loss of each token under such inputs; not needed where all weigh alike. */
async function tokenWeights(
  { propagation, propagate_gradient: isDifferentiated }: IftConfig,
  { trainer, records }: Lesson,
  read: readonly InputMixture[] | undefined,
) {
  if (propagation === 0) return { by: [], metrics: {} };
  const rows = records.map(({ tokens }) => tokens);
  const logProbs = await (read ? trainer.mixedLogProbs(rows, 1, read) : trainer.logProbs(rows, 1));
  const weightsOf = isDifferentiated ? differentiatedWeights : propagatedWeights;
  const losses = records.map((_, r) => (logProbs[r] ?? new Float32Array()).map((logProb) => -logProb));
  const by = records.map(({ trainMask }, r) => weightsOf({ losses: losses[r] ?? [], trainMask }, propagation));
  const trained = by.flatMap((weights, r) => [...weights].filter((_, t) => t > 0 && records[r]?.trainMask[t]));
  const total = records.reduce((sum, { trainMask }, r) => sum + maskedSum(losses[r] ?? [], trainMask), 0);
  return {
    by,
    metrics: {
      read_loss: total / Math.max(1, trained.length),
      largest_weight: trained.reduce((largest, weight) => Math.max(largest, weight), 0),
    },
  };
}

const maskedSum = (values: ArrayLike<number>, mask: Uint8Array): number =>
  mask.reduce((sum, trained, t) => sum + (t > 0 && trained ? (values[t] ?? 0) : 0), 0);

/** Of the trained tokens, the share that is read in part as another token. */
function shareReadDifferently(records: readonly TokenRecord[], read: readonly InputMixture[]): number {
  let [different, trained] = [0, 0];
  for (const [r, { tokens, trainMask }] of records.entries()) {
    const { tokens: others, share } = read[r] ?? { tokens, share: [] };
    for (let t = 1; t < tokens.length; t++) {
      if (!trainMask[t]) continue;
      trained++;
      if ((share[t] ?? 0) > 0 && others[t] !== tokens[t]) different++;
    }
  }
  return different / Math.max(1, trained);
}
