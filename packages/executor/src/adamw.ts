// AdamW (Loshchilov & Hutter 2019, algorithm 2) reduced to the coefficients of one in-place pass, and global-norm
// clipping (Pascanu et al. 2013). Shared by the executors, so that they take the same step.

import type { TrainingOptions, UpdateOptions, UpdateReport } from './executor.js';

export interface AdamWCoefficients {
  /** Multiplies the gradient: the caller's scale and the clipping together. */
  readonly gradientScale: number;
  /** Learning rate with both bias corrections. */
  readonly rate: number;
  /** ε seen by the uncorrected second moment. */
  readonly epsilon: number;
  /** What weight decay leaves of a parameter. */
  readonly keep: number;
}

/**
 * With c₁ = 1 - β₁ᵗ and c₂ = 1 - β₂ᵗ, `lr · (m/c₁) / (√(v/c₂) + ε)` equals `(lr·√c₂/c₁) · m / (√v + ε·√c₂)`.
 * `step` counts from one.
 */
export function adamwCoefficients(options: UpdateOptions, step: number, clipScale: number): AdamWCoefficients {
  const correction1 = 1 - options.beta1 ** step;
  const rootCorrection2 = Math.sqrt(1 - options.beta2 ** step);
  return {
    gradientScale: options.gradientScale * clipScale,
    rate: (options.learningRate * rootCorrection2) / correction1,
    epsilon: options.epsilon * rootCorrection2,
    keep: 1 - options.learningRate * options.weightDecay,
  };
}

/** Added to the norm before dividing, as in torch's `clip_grad_norm_`. */
const clipEpsilon = 1e-6;

/** The factor that brings a gradient of this norm down to `maxGradNorm`; 1 when it is small enough. */
export function clipScale(gradientNorm: number, maxGradNorm: number): number {
  return gradientNorm > maxGradNorm ? maxGradNorm / (gradientNorm + clipEpsilon) : 1;
}

/** What to report, and whether the update may be applied. */
export function judgeGradient(gradientNorm: number, maxGradNorm: number): UpdateReport {
  const applied = Number.isFinite(gradientNorm);
  return { gradientNorm, clipped: applied && gradientNorm > maxGradNorm, applied };
}

/** Throws for a decay that could not be meant. */
export function checkTrainingOptions({ averageDecay }: TrainingOptions): void {
  if (averageDecay === undefined || (averageDecay >= 0 && averageDecay < 1)) return;
  throw new Error(`training: averageDecay must be in [0, 1), got ${averageDecay}`);
}

/** Throws for a rate, factor or bound that could not be meant. */
export function checkUpdateOptions(options: UpdateOptions): void {
  const { beta1, beta2, maxGradNorm, ...others } = options;
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) throw new Error(`update: ${name} must be in [0, 1), got ${value}`);
  }
  if (!(maxGradNorm > 0))
    throw new Error(`update: maxGradNorm must be positive (Infinity for none), got ${maxGradNorm}`);
  for (const [name, value] of Object.entries(others)) {
    if (!(Number.isFinite(value) && value >= 0)) throw new Error(`update: ${name} must be a number ≥ 0, got ${value}`);
  }
}
