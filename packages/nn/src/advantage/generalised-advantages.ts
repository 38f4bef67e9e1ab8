/**
 * Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, eq. 16): the discounted sum of one-step
 * surprises δ = r + γV' − V, between one-step (λ = 0) and whole-return (λ = 1) estimates.
 */
export interface DiscountOptions {
  readonly gamma: number;
  readonly lambda: number;
}

export interface GeneralisedAdvantages {
  readonly advantages_T: Float32Array;
  /** What a value model should have said: advantage + value. */
  readonly returns_T: Float32Array;
}

/** `rewards_T[t]` follows action `t`; `values_T[t]` is the state it was taken in. The episode ends after the last one. */
export function generalisedAdvantages(
  rewards_T: ArrayLike<number>,
  values_T: ArrayLike<number>,
  { gamma, lambda }: DiscountOptions,
): GeneralisedAdvantages {
  const length = rewards_T.length;
  const advantages_T = new Float32Array(length);
  let [next, nextValue] = [0, 0];
  for (let t = length - 1; t >= 0; t--) {
    const value = values_T[t] ?? 0;
    next = (rewards_T[t] ?? 0) + gamma * nextValue - value + gamma * lambda * next;
    advantages_T[t] = next;
    nextValue = value;
  }
  return { advantages_T, returns_T: advantages_T.map((advantage, t) => advantage + (values_T[t] ?? 0)) };
}
