/** Which answer each row is trained on: the model's own where the grader finds it right, else the one that was given. */

export type AnswerSource = 'own' | 'paraphrase' | 'gold' | 'dropped';

export interface SelectedAnswer {
  /** Null: the row is left out. */
  readonly text: string | null;
  readonly source: AnswerSource;
}

export interface Candidate {
  readonly text: string;
  readonly reward: number;
}

/** An answer at least this good counts as equivalent to the given one. */
export const RIGHT_REWARD = 1;

/**
 * @param greedy What the model says. @param sampled Further answers, in order; the first right one counts as its paraphrase.
 * @param gold The given answer; null takes its place where it is not to be used.
 */
export function selectAnswer(greedy: Candidate, sampled: readonly Candidate[], gold: string | null): SelectedAnswer {
  if (greedy.reward >= RIGHT_REWARD) return { text: greedy.text, source: 'own' };
  const right = sampled.find(({ reward }) => reward >= RIGHT_REWARD);
  if (right) return { text: right.text, source: 'paraphrase' };
  return gold === null ? { text: null, source: 'dropped' } : { text: gold, source: 'gold' };
}
