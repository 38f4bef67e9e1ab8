/** A grader ready to score: what `compileGrader` makes and `grade` runs. Immutable, so one serves any number of samples. */
import type { Grader } from '@preheat/contracts';
import type { GradingContext } from './grading-context.js';
import type { Outcome } from './outcome.js';
import type { PlaceholderPath } from './placeholder-path.js';

/** One leaf grader. `score` may answer later: graders that call out (a judge model, a sandbox) fit the same shape. */
export interface Scorer {
  score(context: GradingContext): Outcome<number> | Promise<Outcome<number>>;
  /** What is wrong with this row, whatever a model may answer; null when it can be graded. */
  checkItem(item: Readonly<Record<string, unknown>>): string | null;
  /** Every `item.*` path it reads. */
  readonly itemPaths: readonly PlaceholderPath[];
}

export interface CompiledGrader {
  /** The normalised grader: `neq` as `ne`, sub-graders as a map. */
  readonly grader: Grader;
  /** By variable name; a grader that is not a multi has one scorer under its own name. */
  readonly scorers: ReadonlyMap<string, Scorer>;
  /** The reward from the scores; null when the only score is the reward. */
  readonly combine: ((scores: Readonly<Record<string, number>>) => Outcome<number>) | null;
}

/** The top-level `item` keys that every row must have, sorted. */
export function requiredItemKeys(compiled: CompiledGrader): string[] {
  const keys = [...compiled.scorers.values()].flatMap((scorer) => scorer.itemPaths.map((path) => path.steps[0]));
  return [...new Set(keys)].sort();
}

/** Why this row cannot be graded, one message a mistake; empty when it can. Meant for every row before training starts. */
export function itemProblems(compiled: CompiledGrader, item: Readonly<Record<string, unknown>>): string[] {
  const messages = [...compiled.scorers.values()].map((scorer) => scorer.checkItem(item));
  return [...new Set(messages.filter((message) => message !== null))];
}
