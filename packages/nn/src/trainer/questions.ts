/** What is asked of a model without training it: a program run over rows, in micro-batches, and its outputs told apart. */
import { invariant } from '@preheat/contracts';
import type { Tensors, TrainingState } from '@preheat/executor';
import type { Program } from '@preheat/graph';
import { overlap } from './overlap.js';
import { type Feeds, packTokens, type Place, placeOf, select } from './pack-micro-batch.js';
import { type MicroBatchPlan, planMicroBatches, type SharedStart } from './plan-micro-batches.js';
import { type Predicted, sharedStarts } from './shared-starts.js';
import type { ShrinkOnOom } from './shrink-on-oom.js';

/** Which tokens of rows are asked about. */
export interface AskedTokens {
  /** Of every row the first one, from 1 on; rows that are alike before it may share what is computed of that. Default: 1. */
  readonly firsts?: readonly number[];
}

/** What to do with the outputs of a micro-batch for a row that is at a place in it. */
export type TakeOutputs = (outputs: Tensors, plan: MicroBatchPlan, row: number, place: Place) => void;

export type ProgramOf = (plan: MicroBatchPlan) => Program;

interface Beside {
  readonly starts?: readonly SharedStart[];
  /** Fed beside the tokens. */
  readonly further?: (plan: MicroBatchPlan) => Feeds;
}

export class Questions {
  readonly #state: TrainingState;
  readonly #microBatches: ShrinkOnOom;
  readonly #sharesPrefixes: boolean;
  readonly #lengthsOf: (rows: readonly Int32Array[]) => number[];

  /** @param lengthsOf Predicted positions of every row, or an error for one that the model cannot read. */
  constructor(
    state: TrainingState,
    microBatches: ShrinkOnOom,
    sharesPrefixes: boolean,
    lengthsOf: (rows: readonly Int32Array[]) => number[],
  ) {
    this.#state = state;
    this.#microBatches = microBatches;
    this.#sharesPrefixes = sharesPrefixes;
    this.#lengthsOf = lengthsOf;
  }

  /** One number a token that is asked about, from the output of that name; 0 for the others. */
  async perToken(
    rows: readonly Int32Array[],
    output: string,
    programOf: ProgramOf,
    { firsts }: AskedTokens = {},
    further?: (plan: MicroBatchPlan) => Feeds,
  ): Promise<Float32Array[]> {
    const results = rows.map((tokens) => new Float32Array(tokens.length));
    const take: TakeOutputs = (outputs, plan, row, { place, from }) => {
      const [found, result] = [outputs[output], results[row]];
      invariant(found && result, `a program returns ${output}`);
      const first = firsts?.[row] ?? 1;
      // What is laid at the place predicts the token after those of the prefix, and so on.
      const start = place * plan.length - from - 1;
      result.set(found.subarray(start + first, start + result.length), first);
    };
    const starts = firsts && this.#sharesPrefixes ? sharedStarts(askedFrom(rows, firsts)) : [];
    await this.eachRow(rows, programOf, take, { starts, ...(further && { further }) });
    return results;
  }

  /** Runs a program on all rows. */
  eachRow(
    rows: readonly Int32Array[],
    programOf: ProgramOf,
    take: TakeOutputs,
    { starts = [], further = () => ({}) }: Beside = {},
  ): Promise<void> {
    const lengths = this.#lengthsOf(rows);
    return this.#microBatches.run(this.#state, async (limits) => {
      await overlap(planMicroBatches(lengths, limits, starts), async (plan) => {
        const program = programOf(plan);
        const packed = { ...packTokens(select(rows, plan), plan), ...further(plan) };
        // A program that predicts nothing reads no targets.
        const feeds = Object.fromEntries(
          program.inputs.flatMap(({ name }) => (packed[name] ? [[name, packed[name]]] : [])),
        );
        const outputs = await this.#microBatches.attempt(plan, () => this.#state.evaluate(program, feeds));
        plan.rows.forEach((row, index) => take(outputs, plan, row, placeOf(plan, index)));
      });
    });
  }
}

const askedFrom = (rows: readonly Int32Array[], firsts: readonly number[]): Predicted[] =>
  rows.map((tokens, row) => ({ tokens, first: Math.max(1, Math.min(firsts[row] ?? 1, tokens.length - 1)) }));
