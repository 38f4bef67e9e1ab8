/** Which answer each row is trained on: the model's own where the grader finds it right, else the one that was given. */

export type AnswerSource = 'own' | 'paraphrase' | 'gold' | 'dropped' | 'ungraded';

/** A function that an answer calls; `arguments` is the text of a JSON object. */
export interface Call {
  readonly name: string;
  readonly arguments: string;
}

export interface SelectedAnswer {
  /** Null: the row is left out. */
  readonly text: string | null;
  /** Absent for none. */
  readonly calls?: readonly Call[];
  readonly source: AnswerSource;
  /** Whether the greedy answer was cut by its length. */
  readonly isCut?: boolean;
}

export interface Candidate {
  readonly text: string;
  readonly calls?: readonly Call[];
  /** Whether it is worth training on; null where the grader failed, which says nothing of it. */
  readonly isRight: boolean | null;
}

/** An answer at least this good counts as equivalent to the given one. */
export const RIGHT_REWARD = 1;

/**
 * A row of which nothing could be graded is left out: the given answer stands in for wrong ones, and none was found wrong.
 * @param greedy What the model says. @param sampled Further answers, in order; the first right one counts as its paraphrase.
 * @param gold The given answer; null takes its place where it is not to be used.
 */
export function selectAnswer(greedy: Candidate, sampled: readonly Candidate[], gold: string | null): SelectedAnswer {
  if (greedy.isRight) return selected(greedy, 'own');
  const right = sampled.find(({ isRight }) => isRight);
  if (right) return selected(right, 'paraphrase');
  if ([greedy, ...sampled].every(({ isRight }) => isRight === null)) return { text: null, source: 'ungraded' };
  return gold === null ? { text: null, source: 'dropped' } : { text: gold, source: 'gold' };
}

const selected = ({ text, calls = [] }: Candidate, source: AnswerSource): SelectedAnswer =>
  calls.length > 0 ? { text, calls, source } : { text, source };
