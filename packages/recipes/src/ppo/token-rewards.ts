/**
 * Rewards of one completion, token by token: what the grader gave at the last one, and at every one the price of having
 * become likelier than under the reference, an estimate of β·KL(policy‖reference) (Ouyang et al. 2022, arXiv 2203.02155).
 */
export interface DrawnTokens {
  /** Log-probabilities under the policy that drew the tokens, and under the reference; of the completion alone. */
  readonly logProbs: Float32Array;
  readonly referenceLogProbs: Float32Array | null;
}

export function tokenRewards({ logProbs, referenceLogProbs }: DrawnTokens, reward: number, beta: number): Float64Array {
  const rewards_T = new Float64Array(logProbs.length);
  if (referenceLogProbs)
    logProbs.forEach((logProb, t) => (rewards_T[t] = beta * ((referenceLogProbs[t] ?? 0) - logProb)));
  const last = rewards_T.length - 1;
  if (last >= 0) rewards_T[last] = (rewards_T[last] ?? 0) + reward;
  return rewards_T;
}
