/** Self-consistency (Wang et al. 2022, arXiv 2203.11171): of several answers to one question, the one that most give. */
import { ANSWER_MARK } from '@preheat/tasks/procedural';

export interface Ballot {
  readonly text: string;
  readonly isRight: boolean;
}

/**
 * Whether the answer with the most votes is right; of several with equally many, the one that came first counts. What has
 * no answer has no vote.
 */
export function majorityIsRight(ballots: readonly Ballot[]): boolean {
  const byAnswer = new Map<string, { votes: number; isRight: boolean }>();
  for (const { text, isRight } of ballots) {
    const at = text.lastIndexOf(ANSWER_MARK);
    if (at < 0) continue;
    const answer = text.slice(at + 1).trim();
    byAnswer.set(answer, { isRight, votes: (byAnswer.get(answer)?.votes ?? 0) + 1 });
  }
  let [most, isRight] = [0, false];
  for (const candidate of byAnswer.values()) {
    if (candidate.votes > most) [most, isRight] = [candidate.votes, candidate.isRight];
  }
  return isRight;
}
