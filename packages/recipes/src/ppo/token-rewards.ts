/**
 * Rewards of one completion, token by token: what the grader gave at the last one, and at every one the price of having
 * become likelier than under the reference (no price where nothing was drawn), an estimate of β·KL(policy‖reference) (Ouyang et al. 2022, arXiv 2203.02155).
 */
import { isDrawn } from '../rollout/answer-segments.js';

export interface DrawnTokens {
  /** Log-probabilities under the policy that drew the tokens, and under the reference; of the completion alone. */
  readonly logProbs: Float32Array;
  readonly referenceLogProbs: Float32Array | null;
  /** Of each token, 1 where nothing drew it. Absent: all were drawn. */
  readonly forced?: Uint8Array | undefined;
}

export function tokenRewards(drawn: DrawnTokens, reward: number, beta: number): Float64Array {
  const { logProbs, referenceLogProbs } = drawn;
  const rewards_T = new Float64Array(logProbs.length);
  if (referenceLogProbs)
    logProbs.forEach((logProb, t) => {
      if (isDrawn(drawn, t)) rewards_T[t] = beta * ((referenceLogProbs[t] ?? 0) - logProb);
    });
  const last = rewards_T.length - 1;
  if (last >= 0) rewards_T[last] = (rewards_T[last] ?? 0) + reward;
  return rewards_T;
}
