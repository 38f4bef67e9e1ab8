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
  /** Whether rows that begin alike may share what is computed of that. Default: no; of a trainer: yes. */
  readonly sharesPrefixes?: boolean;
}

export interface MicroBatchPlan {
  /** Positions in the batch; at most `batch` of them. */
  readonly rows: readonly number[];
  /** Padded number of rows. */
  readonly batch: number;
  /** Padded number of predicted positions. */
  readonly length: number;
  /** What rows of this micro-batch go on from; absent: every row is whole. */
  readonly prefixes?: PlannedPrefixes;
}

/** Prefixes that are computed once for the rows that begin with them. */
export interface PlannedPrefixes {
  /** Padded number of them, which divides `batch`: prefix g is that of the places from g · batch / count on. */
  readonly count: number;
  /** Padded tokens of each. */
  readonly length: number;
  /** Their tokens without padding; none of those that are padding as a whole. */
  readonly lengths: readonly number[];
  /** Where in the micro-batch each of `rows` is. */
  readonly places: readonly number[];
}

/** Time and memory of a micro-batch, in tokens: those it computes, and copies of what rows share. */
const costOf = (plan: MicroBatchPlan): number => {
  const { batch, length, prefixes } = plan;
  return computedTokens(plan) + (prefixes ? COPIED_SHARE * batch * (prefixes.length + length) : 0);
};

/** Rows of a batch that begin with the same tokens, none of which is predicted. */
export interface SharedStart {
  readonly rows: readonly number[];
  /** How many of them; at least one token that is read follows in every row. */
  readonly length: number;
}

/** Tokens that a micro-batch computes, padding included. */
export const computedTokens = ({ batch, length, prefixes }: MicroBatchPlan): number =>
  batch * length + (prefixes ? prefixes.count * prefixes.length : 0);

/** Equal for plans that one program serves. */
export function shapeKey({ batch, length, prefixes }: MicroBatchPlan): string {
  const own = `${batch}×${length}`;
  return prefixes ? `${own} after ${prefixes.count}×${prefixes.length}` : own;
}

/** Rows that are planned as one. */
interface Unit {
  /** In descending order of what they predict. */
  readonly rows: readonly number[];
  /** Tokens of the prefix they share. */
  readonly prefix: number;
  /** Predicted positions of each after it. */
  readonly lengths: readonly number[];
}

/** Small enough to stay in cache and to bound the memory of a compiled shape; measured on letter-to-sound rows. */
const DEFAULT_MAX_TOKENS = 1024;
/** What a run costs beside its tokens, as a share of the largest micro-batch: devices that take more start runs slower. */
const OVERHEAD_SHARE = 1 / 8;

export function limitsWithDefaults({
  maxTokens = DEFAULT_MAX_TOKENS,
  overheadTokens,
  sharesPrefixes = true,
}: Partial<MicroBatchLimits> = {}): MicroBatchLimits {
  return { maxTokens, overheadTokens: overheadTokens ?? maxTokens * OVERHEAD_SHARE, sharesPrefixes };
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

/** What is shared multiplies the shapes, and a shape costs more to compile than padding does: these have fewer lengths. */
const SHARED_STEPS_PER_OCTAVE = 2;

function bucketShared(length: number): number {
  if (length <= SHORTEST_LENGTH) return SHORTEST_LENGTH;
  const step = 2 ** Math.floor(Math.log2(length)) / SHARED_STEPS_PER_OCTAVE;
  return Math.ceil(length / step) * step;
}

/**
 * Every row has a copy of the keys and values of its prefix, in front of its own. Of what is kept of a token for the backward
 * pass, that is a tenth where every head has keys of its own and the feed-forward layer is gated; less with fewer of them.
 */
const COPIED_SHARE = 1 / 10;
/** Of the time without sharing, what sharing must save: it has more shapes. */
const LEAST_SAVED = 0.05;
/** Of the cost of the longest row alone, what rows that share a prefix may cost where that row is more than a micro-batch. */
const MOST_BESIDE = 1.25;

/**
 * `lengths[i]` is the number of positions row `i` predicts. The split that is soonest done, or one that is nearly so and has less
 * than 15 % of padding; rows shorter than the shortest length have more whatever is done. Every row is in exactly one micro-batch; the costliest come
 * first, so that whichever lane is free takes the next and all are done at nearly the same time.
 * @param starts Every row in one of them; then prefixes are shared where that saves time. Default: no row is like another.
 */
export function planMicroBatches(
  lengths: readonly number[],
  limits: MicroBatchLimits,
  starts: readonly SharedStart[] = [],
): MicroBatchPlan[] {
  const alone = lengths.map((length, row) => ({ rows: [row], prefix: 0, lengths: [length] }));
  let best = planUnits(alone, ALONE, limits);
  const saved = starts.reduce((sum, { rows, length }) => sum + (rows.length - 1) * length, 0);
  if (!limits.sharesPrefixes || saved < LEAST_SAVED * lengths.reduce((a, b) => a + b, 0)) return best;
  const mostTime = (1 - LEAST_SAVED) * timeOf(best, limits);
  const longest = lengths.reduce((most, length) => Math.max(most, bucketLength(length)), 0);
  const mostCost = Math.max(limits.maxTokens, MOST_BESIDE * longest);
  const largest = starts.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  // One length for all: a prefix is a small part of what goes on from it.
  const prefix = bucketShared(starts.reduce((most, { length }) => Math.max(most, length), 0));
  for (let size = 2; size < 2 * largest; size *= 2) {
    const units = starts.flatMap((start) => unitsOf(start, size, lengths));
    const room = { size, prefix };
    if (units.some((unit) => sizeOf(padded(unit, room), size) > mostCost)) continue;
    const shared = planUnits(units, room, limits);
    if (timeOf(shared, limits) < Math.min(mostTime, timeOf(best, limits))) best = shared;
  }
  return best;
}

/** The rows of a start, the longest first, so many at a time. */
function unitsOf({ rows, length }: SharedStart, size: number, lengths: readonly number[]): Unit[] {
  const after = (row: number): number => (lengths[row] ?? 0) - length;
  const order = rows.toSorted((a, b) => after(b) - after(a) || a - b);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => {
    const own = order.slice(i * size, (i + 1) * size);
    return { rows: own, prefix: length, lengths: own.map(after) };
  });
}

/** Padded tokens of a unit: of its prefix, and of each of its rows. */
interface PaddedUnit {
  readonly prefix: number;
  readonly length: number;
}

/** What units of a plan have in common: most rows of each, and padded tokens of their prefixes. */
interface Room {
  readonly size: number;
  readonly prefix: number;
}

const ALONE: Room = { size: 1, prefix: 0 };

const padded = ({ lengths: [longest = 0] }: Unit, { size, prefix }: Room): PaddedUnit => ({
  prefix,
  length: size === 1 ? bucketLength(longest) : bucketShared(longest),
});

/** What a unit of so many rows costs, see `costOf`. */
function sizeOf({ prefix, length }: PaddedUnit, size: number): number {
  const copied = prefix > 0 ? COPIED_SHARE * size * (prefix + length) : 0;
  return prefix + size * length + copied;
}

function planUnits(units: readonly Unit[], room: Room, limits: MicroBatchLimits): MicroBatchPlan[] {
  const { size } = room;
  const order = units
    .map((unit) => ({ unit, ...padded(unit, room) }))
    .sort((a, b) => b.length - a.length || firstOf(a.unit, b.unit));
  const needed = units.reduce((sum, { prefix, lengths }) => sum + lengths.reduce((a, b) => a + b, prefix), 0);
  const quickest = quickestOf(splits(order, size, limits, limits.overheadTokens), limits);
  const mostTime = Math.min(MOST_EXTRA_TIME * timeOf(quickest, limits), Number.MAX_VALUE);
  // Few short rows are soonest done in one run, however much of it is padding: runs counted as cheaper than they are leave less.
  let [lean, overheadTokens] = [quickest, limits.overheadTokens];
  while (timeOf(lean, limits) <= mostTime) {
    if (needed >= (1 - MOST_PADDING) * lean.reduce((sum, plan) => sum + computedTokens(plan), 0)) return lean;
    if (overheadTokens < 1) break;
    overheadTokens /= 2;
    lean = quickestOf(splits(order, size, limits, overheadTokens), limits);
  }
  return quickest;
}

/** The longer row first, then the earlier. */
function firstOf({ rows: [a = 0], lengths: [ofA = 0] }: Unit, { rows: [b = 0], lengths: [ofB = 0] }: Unit): number {
  return ofB - ofA || a - b;
}

const timeOf = (plans: readonly MicroBatchPlan[], limits: MicroBatchLimits): number =>
  LANES.reduce((sum, lanes) => sum + makespan(plans, lanes, limits), 0);

function quickestOf(candidates: readonly MicroBatchPlan[][], limits: MicroBatchLimits): MicroBatchPlan[] {
  const ofLeast = candidates.map((plans) => ({ plans, time: timeOf(plans, limits) }));
  return ofLeast.reduce((best, each) => (each.time < best.time ? each : best)).plans;
}

interface OrderedUnit extends PaddedUnit {
  readonly unit: Unit;
}

/** Coarser and finer ones, as a run costs `overheadTokens`: smaller micro-batches spread over more lanes, but cost more altogether. */
function splits(
  order: readonly OrderedUnit[],
  size: number,
  limits: MicroBatchLimits,
  overheadTokens: number,
): MicroBatchPlan[][] {
  const smallest = Math.max(limits.overheadTokens, SHORTEST_LENGTH);
  const whole = 2 * order.length * Math.max(0, ...order.map((each) => sizeOf(each, size)));
  const largest = limits.maxTokens === Infinity ? whole : limits.maxTokens;
  const count = Math.max(1, Math.floor(Math.log2(largest / smallest)) + 1);
  return Array.from({ length: count }, (_, halvings) =>
    split(order, size, { maxTokens: largest / 2 ** halvings, overheadTokens }),
  );
}

/** Tokens that the busiest of so many lanes computes when each takes the next micro-batch as soon as it is free. */
export function makespan(
  plans: readonly MicroBatchPlan[],
  lanes: number,
  { overheadTokens }: Pick<MicroBatchLimits, 'overheadTokens'>,
): number {
  const busy = new Array<number>(lanes).fill(0);
  for (const plan of plans) {
    const next = busy.indexOf(Math.min(...busy));
    busy[next] = (busy[next] ?? 0) + costOf(plan) + overheadTokens;
  }
  return Math.max(...busy);
}

function split(order: readonly OrderedUnit[], size: number, limits: MicroBatchLimits): MicroBatchPlan[] {
  const counts = cheapestCounts(order, size, limits);
  const plans: MicroBatchPlan[] = [];
  for (let start = 0; start < order.length; ) {
    const count = counts[start] ?? 0;
    invariant(count > 0, 'a plan needs a size at every start');
    plans.push(planOf(order.slice(start, start + count), count, size));
    start += count;
  }
  // Stable: equal ones stay in the order of their rows.
  return plans.sort((a, b) => costOf(b) - costOf(a));
}

/** One micro-batch of `units`, padded to `count` of them. */
function planOf(units: readonly OrderedUnit[], count: number, size: number): MicroBatchPlan {
  // The first is the longest.
  const [{ length, prefix }] = units as [OrderedUnit];
  const plan = { rows: units.flatMap(({ unit }) => unit.rows), batch: count * size, length };
  if (size === 1) return plan;
  const prefixes = {
    count,
    length: prefix,
    lengths: units.map(({ unit }) => unit.prefix),
    places: units.flatMap(({ unit }, g) => unit.rows.map((_, i) => g * size + i)),
  };
  return { ...plan, prefixes };
}

/** For every start, the number of units of the micro-batch that begins the cheapest split of what follows. */
function cheapestCounts(
  order: readonly OrderedUnit[],
  size: number,
  { maxTokens, overheadTokens }: MicroBatchLimits,
): Int32Array {
  const cost = new Float64Array(order.length + 1);
  const counts = new Int32Array(order.length);
  for (let start = order.length - 1; start >= 0; start--) {
    cost[start] = Number.POSITIVE_INFINITY;
    const tokens = sizeOf(order[start] ?? { prefix: 0, length: SHORTEST_LENGTH }, size);
    const most = Math.max(1, 2 ** Math.floor(Math.log2(maxTokens / tokens)));
    // Where a prefix is shared, as many as there is room for: fewer would be further shapes.
    for (let count = size > 1 && most < Infinity ? most : 1; count <= most; count *= 2) {
      const total = count * tokens + overheadTokens + (cost[Math.min(order.length, start + count)] ?? 0);
      if (total < (cost[start] ?? 0)) {
        cost[start] = total;
        counts[start] = count;
      }
      if (start + count >= order.length) break;
    }
  }
  return counts;
}
