/**
 * What a training program computes. The loss is a sum of components, each a sum over tokens of (given weight × term):
 * weights arrive divided by the denominator of the whole batch, so that micro-batches add up to the batch exactly.
 */
export interface LossSpec {
  /** Σ w·(−log π(token)). */
  readonly crossEntropy: boolean;
  /** −Σ w·min(ρA, clip(ρ, 1 − clipLow, 1 + clipHigh)·A), plus the KL penalty. */
  readonly policyGradient: PolicyGradientSpec | null;
}

export interface PolicyGradientSpec {
  /** The ratio may fall to 1 − clipLow … */
  readonly clipLow: number;
  /** … and rise to 1 + clipHigh before its gradient stops (asymmetric: Yu et al. 2025, DAPO, section 3.1). */
  readonly clipHigh: number;
  /** Temperature the tokens were sampled at; all log-probabilities of the component are taken at it. */
  readonly temperature: number;
  /** Weight of the k3 estimate of KL(π‖reference); 0 leaves the reference out of the program. */
  readonly klBeta: number;
}

export const CROSS_ENTROPY: LossSpec = { crossEntropy: true, policyGradient: null };

/** Scalars a program returns beside the loss: sums over the tokens of the micro-batch, except the one maximum. */
export const SUMS = ['correct', 'clipped', 'kl', 'referenceKl', 'entropy'] as const;
export type SumName = (typeof SUMS)[number];
export const MAXIMUM = 'logProbMismatch';
