/**
 * What every procedural task is: seeded items, written-out reasoning that ends in a right answer, and an exact verifier.
 * Pure, so that training, graders and evaluations judge an answer by the same code.
 */
import type { Problem } from '@preheat/contracts';

/** Part of the split; decided by the structure of an item alone, so that no seed moves a test structure into training. */
export type TaskSplit = 'train' | 'validation' | 'test';

export interface TaskItem<Data = unknown> {
  /** `<task>-<difficulty>-<split>-<seed>-<index>`. */
  readonly id: string;
  /** What a model is asked. */
  readonly prompt: string;
  /** JSON that `verify` judges answers by; travels as a key of a row. */
  readonly data: Data;
}

/**
 * How an oracle writes its trace. `direct`: the answer alone. `steps`: the shortest derivation. `verbose`: every step is
 * checked again. `assume`: assume, check, contradiction, revise. `search`: depth-first with exactly `backtracks` dead ends.
 * `structured`: plan, caption, reasoning, summary, each under its letter.
 */
export const TRACE_STYLES = ['direct', 'steps', 'verbose', 'assume', 'search', 'structured'] as const;
export type TraceStyle = (typeof TRACE_STYLES)[number];

export interface TraceOptions {
  readonly style: TraceStyle;
  /** Of `search`: dead ends before the answer; default 0. */
  readonly backtracks?: number;
}

export interface ItemRequest {
  readonly seed: number;
  readonly count: number;
  readonly split: TaskSplit;
  /** Default: the task's standard one. */
  readonly difficulty?: number;
}

export interface Verdict {
  readonly correct: boolean;
  /** Scores in [0, 1] of what the answer got right; `format` is 1 when an answer of the right form is there. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface TaskSource<Data = unknown> {
  readonly name: string;
  /** One line: what is asked. */
  readonly title: string;
  /** What `difficulty` counts, and its bounds. */
  readonly difficulty: {
    readonly min: number;
    readonly max: number;
    readonly standard: number;
    readonly meaning: string;
  };
  readonly styles: readonly TraceStyle[];
  /** Names of the parts of a verdict. */
  readonly parts: readonly string[];
  /** Distinct prompts, the same for the same request. @throws RangeError for a request outside the bounds. */
  generate(request: ItemRequest): TaskItem<Data>[];
  /** A trace whose answer verifies. @throws RangeError for a style or a number of backtracks the item cannot have. */
  oracle(item: TaskItem<Data>, options: TraceOptions): string;
  /** What an item has in common with others that are the same problem in other clothes. */
  structureOf(data: Data): string;
  /** Judges the answer in a text: what follows the last `#`. Never throws on what a model wrote. */
  verify(data: Data, text: string): Verdict;
  /** Why this is no data of an item; empty when it is. */
  dataProblems(data: unknown): Problem[];
}
