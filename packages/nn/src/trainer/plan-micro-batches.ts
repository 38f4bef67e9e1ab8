/**
 * Splits a batch of rows into micro-batches of fixed shapes, evenly enough that lanes side by side finish together.
 * Shapes come from a small set (row counts are powers of two, lengths steps of an eighth), because every shape is compiled
 * once; among the splits into such shapes the cheapest is found by dynamic programming over the rows sorted by length.
 * Deterministic, and blind to how many lanes there are: how gradients add up must not depend on the machine.
 */
import { invariant } from '@preheat/contracts';

export interface MicroBatchLimits {
  /** Most padded tokens (rows × length) of one micro-batch; a longer single row still gets one of its own. */
  readonly maxTokens: number;
  /** What one more run costs, in tokens: keeps the split from fragmenting. */
  readonly overheadTokens: number;
}

export interface MicroBatchPlan {
  /** Positions in the batch; at most `batch` of them. */
  readonly rows: readonly number[];
  /** Padded number of rows. */
  readonly batch: number;
  /** Padded number of predicted positions. */
  readonly length: number;
}

/** Small enough to stay in cache and to bound the memory of a compiled shape; measured on letter-to-sound rows. */
const DEFAULT_MAX_TOKENS = 1024;
/** What a run costs beside its tokens, as a share of the largest micro-batch: devices that take more start runs slower. */
const OVERHEAD_SHARE = 1 / 8;

export function limitsWithDefaults({
  maxTokens = DEFAULT_MAX_TOKENS,
  overheadTokens,
}: Partial<MicroBatchLimits> = {}): MicroBatchLimits {
  return { maxTokens, overheadTokens: overheadTokens ?? maxTokens * OVERHEAD_SHARE };
}

const SHORTEST_LENGTH = 8;
/** Buckets between a power of two and the next: rounding up costs at most an eighth, and long rows have few shapes. */
const STEPS_PER_OCTAVE = 8;
const LEAST_STEP = 2;
/** Numbers of lanes that a split should suit. */
const LANES = [1, 2, 4];
/** Of the tokens computed: what padding may be of them, unless computing less of it takes this much more time. */
const MOST_PADDING = 0.15;
const MOST_EXTRA_TIME = 1.1;

/** The length a program is compiled for: the next multiple of an eighth of the power of two below. */
export function bucketLength(length: number): number {
  if (length <= SHORTEST_LENGTH) return SHORTEST_LENGTH;
  const step = Math.max(LEAST_STEP, 2 ** Math.floor(Math.log2(length)) / STEPS_PER_OCTAVE);
  return Math.ceil(length / step) * step;
}

/**
 * `lengths[i]` is the number of positions row `i` predicts. The split that is soonest done, or one that is nearly so and has less
 * than 15 % of padding; rows shorter than the shortest length have more whatever is done. Every row is in exactly one micro-batch; the costliest come
 * first, so that whichever lane is free takes the next and all are done at nearly the same time.
 */
export function planMicroBatches(lengths: readonly number[], limits: MicroBatchLimits): MicroBatchPlan[] {
  const order = lengths.map((_, row) => row).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const padded = order.map((row) => bucketLength(lengths[row] ?? 0));
  const predicted = lengths.reduce((sum, length) => sum + length, 0);
  const timeOf = (plans: readonly MicroBatchPlan[]): number =>
    LANES.reduce((sum, lanes) => sum + makespan(plans, lanes, limits), 0);
  const quickest = quickestOf(splits(order, padded, limits, limits.overheadTokens), timeOf);
  const mostTime = Math.min(MOST_EXTRA_TIME * timeOf(quickest), Number.MAX_VALUE);
  // Few short rows are soonest done in one run, however much of it is padding: runs counted as cheaper than they are leave less.
  let [lean, overheadTokens] = [quickest, limits.overheadTokens];
  while (timeOf(lean) <= mostTime) {
    if (predicted >= (1 - MOST_PADDING) * computedTokens(lean)) return lean;
    if (overheadTokens < 1) break;
    overheadTokens /= 2;
    lean = quickestOf(splits(order, padded, limits, overheadTokens), timeOf);
  }
  return quickest;
}

const computedTokens = (plans: readonly MicroBatchPlan[]): number =>
  plans.reduce((sum, { batch, length }) => sum + batch * length, 0);

function quickestOf(
  candidates: readonly MicroBatchPlan[][],
  timeOf: (plans: readonly MicroBatchPlan[]) => number,
): MicroBatchPlan[] {
  return candidates.reduce((best, plans) => (timeOf(plans) < timeOf(best) ? plans : best), candidates[0] ?? []);
}

/** Coarser and finer ones, as a run costs `overheadTokens`: smaller micro-batches spread over more lanes, but cost more altogether. */
function splits(
  order: readonly number[],
  padded: readonly number[],
  limits: MicroBatchLimits,
  overheadTokens: number,
): MicroBatchPlan[][] {
  const smallest = Math.max(limits.overheadTokens, SHORTEST_LENGTH);
  const whole = 2 * order.length * (padded[0] ?? 0);
  const largest = limits.maxTokens === Infinity ? whole : limits.maxTokens;
  const count = Math.max(1, Math.floor(Math.log2(largest / smallest)) + 1);
  return Array.from({ length: count }, (_, halvings) =>
    split(order, padded, { maxTokens: largest / 2 ** halvings, overheadTokens }),
  );
}

/** Tokens that the busiest of so many lanes computes when each takes the next micro-batch as soon as it is free. */
export function makespan(
  plans: readonly MicroBatchPlan[],
  lanes: number,
  { overheadTokens }: Pick<MicroBatchLimits, 'overheadTokens'>,
): number {
  const busy = new Array<number>(lanes).fill(0);
  for (const { batch, length } of plans) {
    const next = busy.indexOf(Math.min(...busy));
    busy[next] = (busy[next] ?? 0) + batch * length + overheadTokens;
  }
  return Math.max(...busy);
}

function split(order: readonly number[], padded: readonly number[], limits: MicroBatchLimits): MicroBatchPlan[] {
  const sizes = cheapestSizes(padded, limits);
  const plans: MicroBatchPlan[] = [];
  for (let start = 0; start < order.length; ) {
    const batch = sizes[start] ?? 0;
    invariant(batch > 0, 'a plan needs a size at every start');
    plans.push({ rows: order.slice(start, start + batch), batch, length: padded[start] ?? SHORTEST_LENGTH });
    start += batch;
  }
  // Stable: equal ones stay in the order of their rows.
  return plans.sort((a, b) => b.batch * b.length - a.batch * a.length);
}

/** For every start, the row count of the micro-batch that begins the cheapest split of what follows. */
function cheapestSizes(padded: readonly number[], { maxTokens, overheadTokens }: MicroBatchLimits): Int32Array {
  const count = padded.length;
  const cost = new Float64Array(count + 1);
  const sizes = new Int32Array(count);
  for (let start = count - 1; start >= 0; start--) {
    const length = padded[start] ?? SHORTEST_LENGTH;
    cost[start] = Number.POSITIVE_INFINITY;
    for (let batch = 1; batch === 1 || batch * length <= maxTokens; batch *= 2) {
      const rest = cost[Math.min(count, start + batch)] ?? 0;
      const total = batch * length + overheadTokens + rest;
      if (total < (cost[start] ?? 0)) {
        cost[start] = total;
        sizes[start] = batch;
      }
      if (start + batch >= count) break;
    }
  }
  return sizes;
}
