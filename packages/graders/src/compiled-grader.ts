/** A grader ready to score: what `compileGrader` makes and `grade` runs. Immutable, so one serves any number of samples. */
import type { Grader, Problem } from '@preheat/contracts';
import type { GraderServices, ScoreCall } from './grader-services.js';
import type { GradingContext } from './grading-context.js';
import { type Outcome, success } from './outcome.js';
import type { PlaceholderPath } from './placeholder-path.js';

/** How often and how long a grader that calls out is tried for one sample. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly maxAttempts: number;
}

/** One leaf grader. */
export interface Scorer {
  score(context: GradingContext, call: ScoreCall): Outcome<number> | Promise<Outcome<number>>;
  /** What is wrong with this row, whatever a model may answer; null when it can be graded. */
  checkItem(item: Readonly<Record<string, unknown>>): string | null;
  /** Every `item.*` path it reads. */
  readonly itemPaths: readonly PlaceholderPath[];
  /** Absent for graders that compute here. */
  readonly limits?: CallLimits;
  /** What is found only by asking a service: a model that is not there, a source that does not compile. */
  prove?(services: GraderServices, projectId: string, signal: AbortSignal): Promise<Problem[]>;
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

/**
 * What of a grader a process that can open no model can run: its leaves that ask none. Their scores are real, and no reward follows from
 * them. Undefined when nothing is left.
 */
export function withoutJudges(compiled: CompiledGrader): CompiledGrader | undefined {
  const { grader, scorers } = compiled;
  const typeOf = (key: string): string => (grader.type === 'multi' ? grader.graders[key]?.type : grader.type) ?? '';
  const isJudge = (key: string): boolean => ['score_model', 'label_model'].includes(typeOf(key));
  const kept = [...scorers].filter(([key]) => !isJudge(key));
  if (kept.length === scorers.size) return compiled;
  return kept.length === 0 ? undefined : { grader, scorers: new Map(kept), combine: () => success(0) };
}

/** What only the services know to be wrong with a grader; `path` is where it stands in the request. */
export async function proveGrader(
  compiled: CompiledGrader,
  { services, projectId, path = '', signal }: ProofOptions,
): Promise<Problem[]> {
  const isMulti = compiled.grader.type === 'multi';
  const problems: Problem[] = [];
  for (const [key, scorer] of compiled.scorers) {
    const found = (await scorer.prove?.(services, projectId, signal)) ?? [];
    const prefix = [path, ...(isMulti ? ['graders', key] : [])].filter((part) => part !== '').join('.');
    problems.push(...found.map(({ path: at, message }) => ({ path: prefix === '' ? at : `${prefix}.${at}`, message })));
  }
  return problems;
}

export interface ProofOptions {
  readonly services: GraderServices;
  readonly projectId: string;
  readonly path?: string;
  readonly signal: AbortSignal;
}
