/**
 * Micro-batch limits that survive running out of memory once: the micro-batch that did not fit is halved for good, and the
 * whole batch is run again from an empty accumulator, so a step is always one of a trainer that had these limits from the
 * start. The second time is an error that names the numbers and what to change.
 */
import { OutOfMemoryError, type TrainingState } from '@preheat/executor';
import {
  computedTokens,
  type MicroBatchLimits,
  type MicroBatchPlan,
  planMicroBatches,
  type SharedStart,
} from './plan-micro-batches.js';

/** What changed, for logs. */
export interface Shrink {
  readonly from: MicroBatchPlan;
  /** Tokens of a micro-batch from now on. */
  readonly maxTokens: number;
  readonly cause: OutOfMemoryError;
}

/** A micro-batch needs more memory than there is, and making it smaller was tried or cannot help. */
export class MicroBatchTooLargeError extends Error {
  override readonly name = 'MicroBatchTooLargeError';
}

/** Names the micro-batch that memory ran out on, between the two functions below. */
class DidNotFit extends Error {
  readonly plan: MicroBatchPlan;
  readonly shortage: OutOfMemoryError;

  constructor(plan: MicroBatchPlan, shortage: OutOfMemoryError) {
    super(shortage.message, { cause: shortage });
    this.plan = plan;
    this.shortage = shortage;
  }
}

export class ShrinkOnOom {
  #limits: MicroBatchLimits;
  #shrink: Shrink | undefined;
  readonly #onShrink: (shrink: Shrink) => void;

  constructor(limits: MicroBatchLimits, onShrink: (shrink: Shrink) => void) {
    this.#limits = limits;
    this.#onShrink = onShrink;
  }

  /** How rows would be cut now. */
  plan(lengths: readonly number[], starts: readonly SharedStart[]): MicroBatchPlan[] {
    return planMicroBatches(lengths, this.#limits, starts);
  }

  /** Runs one micro-batch; to be called within `run`. */
  async attempt<T>(plan: MicroBatchPlan, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof OutOfMemoryError ? new DidNotFit(plan, error) : error;
    }
  }

  /**
   * Runs `work`, which cuts its rows by the limits it is given and must do all of it when it is called again.
   * @throws MicroBatchTooLargeError
   */
  async run<T>(state: TrainingState, work: (limits: MicroBatchLimits) => Promise<T>): Promise<T> {
    // Ends: a second shrink is an error.
    for (;;) {
      try {
        return await work(this.#limits);
      } catch (error) {
        if (!(error instanceof DidNotFit)) throw error;
        await state.discard();
        this.#halve(error);
      }
    }
  }

  #halve({ plan, shortage }: DidNotFit): void {
    if (this.#shrink || isOneRow(plan)) throw tooLarge(plan, this.#shrink, shortage);
    const maxTokens = Math.floor(computedTokens(plan) / 2);
    this.#limits = { ...this.#limits, maxTokens, sharesPrefixes: false };
    this.#shrink = { from: plan, maxTokens, cause: shortage };
    this.#onShrink(this.#shrink);
  }
}

const isOneRow = ({ batch }: MicroBatchPlan): boolean => batch === 1;

function size(plan: MicroBatchPlan): string {
  const { batch, length, prefixes } = plan;
  if (prefixes) return `${batch} rows of ${length} tokens after ${prefixes.count} prefixes of ${prefixes.length}`;
  return isOneRow(plan) ? `one row of ${length} tokens` : `${batch} rows of ${length} tokens`;
}

function tooLarge(plan: MicroBatchPlan, before: Shrink | undefined, cause: OutOfMemoryError): MicroBatchTooLargeError {
  const history = before ? `, after ${size(before.from)} had not fitted either` : '';
  const remedy = isOneRow(plan)
    ? 'a row cannot be cut: train on shorter rows, a smaller model, or a runner with more memory'
    : `set PREHEAT_MICRO_BATCH_TOKENS of the runner below ${computedTokens(plan)}, or use a runner with more memory`;
  return new MicroBatchTooLargeError(
    `a micro-batch of ${size(plan)} does not fit${history} (${cause.message}); ${remedy}`,
    { cause },
  );
}
