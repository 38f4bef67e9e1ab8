/**
 * Lays the rows of one micro-batch into the [B, T] tensors a program is fed. Here the shift happens: position t reads
 * token t and predicts token t + 1, so it takes the weights of entry t + 1. Padding has weight zero everywhere. A row that
 * shares its prefix begins at the last token of that, which predicts the first one of its own.
 */
import { invariant } from '@preheat/contracts';
import { blocks } from '@preheat/graph';
import { type LossSpec, PER_TOKEN } from '../loss/loss-spec.js';
import type { InputMixture } from '../record/input-mixture.js';
import type { WeightedTokens } from '../record/weighted-tokens.js';
import type { MicroBatchPlan } from './plan-micro-batches.js';
import { FEEDS } from './training-program.js';

export type Feeds = Record<string, Float32Array | Int32Array>;

/** What each component's sum over the whole batch is divided by: most often the number of its tokens. */
export interface Denominators {
  readonly crossEntropy?: number;
  readonly policyGradient?: number;
}

/** Predicted positions of a row. */
export const predictions = (tokens: Int32Array): number => tokens.length - 1;

/** Where a row is laid in a micro-batch. */
export interface Place {
  readonly place: number;
  /** Tokens of the row that are in its prefix. */
  readonly from: number;
}

/** Of the row of a plan at `index`. */
export function placeOf({ batch, prefixes }: MicroBatchPlan, index: number): Place {
  if (!prefixes) return { place: index, from: 0 };
  const place = prefixes.places[index] ?? 0;
  return { place, from: prefixes.lengths[Math.floor((place * prefixes.count) / batch)] ?? 0 };
}

/** `tokens` and `targets`, and the prefixes where rows share them. Padding repeats token 0, whose predictions nobody reads. */
export function packTokens(rows: readonly Int32Array[], plan: MicroBatchPlan): Feeds {
  const { batch, length } = plan;
  const tokens_BT = new Int32Array(batch * length);
  const targets_BT = new Int32Array(batch * length);
  rows.forEach((tokens, index) => {
    const { place, from } = placeOf(plan, index);
    tokens_BT.set(tokens.subarray(from, -1), place * length);
    targets_BT.set(tokens.subarray(from + 1), place * length);
  });
  return { [FEEDS.tokens]: tokens_BT, [FEEDS.targets]: targets_BT, ...packPrefixes(rows, plan) };
}

/** Prefixes end together: the padding is in front. */
function packPrefixes(rows: readonly Int32Array[], { batch, prefixes }: MicroBatchPlan): Feeds {
  if (!prefixes) return {};
  const { count, length, lengths, places } = prefixes;
  const tokens_GP = new Int32Array(count * length);
  const padding_GP = new Float32Array(count * length).fill(blocks.hiddenScore);
  lengths.forEach((own, g) => {
    const first = rows[places.indexOf((g * batch) / count)];
    invariant(first, `prefix ${g} is that of a row`);
    tokens_GP.set(first.subarray(0, own), (g + 1) * length - own);
    padding_GP.fill(0, (g + 1) * length - own, (g + 1) * length);
  });
  return { [FEEDS.prefixTokens]: tokens_GP, [FEEDS.prefixPadding]: padding_GP };
}

/** What rows are read with; padding is read as it is. */
export function packMixtures(rows: readonly InputMixture[], { batch, length }: MicroBatchPlan): Feeds {
  const tokens_BT = new Int32Array(batch * length);
  const shares_BT = new Float32Array(batch * length);
  rows.forEach(({ tokens, share }, b) => {
    tokens_BT.set(tokens.subarray(0, -1), b * length);
    shares_BT.set(share.subarray(0, -1), b * length);
  });
  return { [FEEDS.mixedTokens]: tokens_BT, [FEEDS.mixedShares]: shares_BT };
}

/** Everything the loss of `spec` reads. Rows without a component have weight zero in it. */
export function packMicroBatch(
  rows: readonly WeightedTokens[],
  plan: MicroBatchPlan,
  spec: LossSpec,
  denominators: Denominators,
): Feeds {
  const tokens = rows.map((row) => row.tokens);
  const feeds = { ...packTokens(tokens, plan), ...(spec.mixesInputs ? packMixtures(rows.map(mixtureOf), plan) : {}) };
  const lay = (name: string, column: (row: WeightedTokens) => ArrayLike<number> | undefined, scale = 1) => {
    feeds[name] = layColumn(rows.map(column), plan, scale);
  };
  if (spec.crossEntropy)
    lay(FEEDS.crossEntropyWeights, (row) => row.crossEntropy, 1 / (denominators.crossEntropy ?? 1));
  if (spec.policyGradient) {
    lay(FEEDS.policyWeights, (row) => row.policyGradient?.weight, 1 / (denominators.policyGradient ?? 1));
    lay(FEEDS.advantages, (row) => row.policyGradient?.advantage);
    lay(FEEDS.oldLogProbs, (row) => row.policyGradient?.oldLogProb);
    if (spec.policyGradient.klBeta > 0) lay(FEEDS.referenceLogProbs, (row) => row.policyGradient?.referenceLogProb);
    if (spec.policyGradient.temperature === PER_TOKEN)
      Object.assign(feeds, packTemperatures(rows.map(temperatureOf), plan));
  }
  if (spec.value) {
    lay(FEEDS.returns, (row) => row.policyGradient?.value?.returns);
    lay(FEEDS.oldValues, (row) => row.policyGradient?.value?.old);
  }
  return feeds;
}

/** The inverse of what tokens were drawn at; 0 in padding, where every token is then as likely. */
export function packTemperatures(rows: readonly (Float32Array | undefined)[], plan: MicroBatchPlan): Feeds {
  const inverse = rows.map((temperature) => temperature?.map((each) => 1 / each));
  return { [FEEDS.inverseTemperatures]: layColumn(inverse, plan, 1) };
}

function temperatureOf({ policyGradient }: WeightedTokens): Float32Array | undefined {
  invariant(
    !policyGradient || policyGradient.temperature,
    'a loss with a temperature per token needs those of every row',
  );
  return policyGradient?.temperature;
}

function mixtureOf({ mixture }: WeightedTokens): InputMixture {
  invariant(mixture, 'a loss that mixes inputs needs a mixture of every row');
  return mixture;
}

function layColumn(
  columns: readonly (ArrayLike<number> | undefined)[],
  plan: MicroBatchPlan,
  scale: number,
): Float32Array {
  const { batch, length } = plan;
  const values_BT = new Float32Array(batch * length);
  columns.forEach((column, index) => {
    if (!column) return;
    const { place, from } = placeOf(plan, index);
    const start = place * length - from - 1;
    for (let t = from + 1; t < column.length; t++) values_BT[start + t] = (column[t] ?? 0) * scale;
  });
  return values_BT;
}

/** What belongs to the rows of a plan, in its order. */
export function select<T>(rows: readonly T[], plan: MicroBatchPlan): T[] {
  return plan.rows.map((index) => {
    const row = rows[index];
    invariant(row !== undefined, `a plan names row ${index} of ${rows.length}`);
    return row;
  });
}
