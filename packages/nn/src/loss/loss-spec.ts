/**
 * What a training program computes. The loss is a sum of components, each a sum over tokens of (given weight × term):
 * weights arrive divided by the denominator of the whole batch, so that micro-batches add up to the batch exactly.
 */
export interface LossSpec {
  /** Σ w·(−log π(token)). */
  readonly crossEntropy: boolean;
  /** −Σ w·min(ρA, clip(ρ, 1 − clipLow, 1 + clipHigh)·A), plus the KL penalty, minus the entropy bonus. */
  readonly policyGradient: PolicyGradientSpec | null;
  /** The error of the value head, over the tokens of the policy gradient. Default: none. */
  readonly value?: ValueSpec | null;
  /** Whether rows are read with mixtures (record/input-mixture.ts), which each of them then has. Default: as they are. */
  readonly mixesInputs?: boolean;
}

export interface ValueSpec {
  readonly coefficient: number;
  /** How far a value may move on one batch and still gain by it; 0: any distance. */
  readonly clip: number;
}

/** Rows were sampled at temperatures that change within them. */
export const PER_TOKEN = 'per token';

export interface PolicyGradientSpec {
  /** The ratio may fall to 1 − clipLow … */
  readonly clipLow: number;
  /** … and rise to 1 + clipHigh before its gradient stops (asymmetric: Yu et al. 2025, DAPO, section 3.1). */
  readonly clipHigh: number;
  /**
   * Temperature the tokens were sampled at; all log-probabilities of the component are taken at it. One for all of them is a constant of
   * the program; with `per token`, each row brings those of its tokens.
   */
  readonly temperature: number | typeof PER_TOKEN;
  /**
   * Bound of the ratio where the advantage is negative, so that one unlikely token cannot outweigh a batch: the term is
   * then at least dualClip·A (Ye et al. 2020, arXiv 1912.09729, eq. 4). 0 leaves it unbounded.
   */
  readonly dualClip: number;
  /** Weight of the k3 estimate of KL(π‖reference); 0 leaves the reference out of the program. */
  readonly klBeta: number;
  /** Weight of the policy's entropy at the predicted tokens, which the loss then rewards; 0 gives it no gradient. */
  readonly entropyBonus: number;
}

export const CROSS_ENTROPY: LossSpec = { crossEntropy: true, policyGradient: null };

/** Scalars a program returns beside the loss: sums over the tokens of the micro-batch, except the one maximum. */
export const SUMS = ['correct', 'clipped', 'kl', 'referenceKl', 'entropy', 'valueError', 'valueClipped'] as const;
export type SumName = (typeof SUMS)[number];
export const MAXIMUM = 'logProbMismatch';
