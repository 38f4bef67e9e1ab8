/**
 * A set-point controller: moves a positive quantity until what it drives is as large as wanted, such as the sampling
 * temperature until the policy has a given entropy. Integral control in the logarithm, so that steps are relative.
 */
export interface SetPoint {
  readonly target: number;
  /** Relative move per unit of the error. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
}

/** The next value: log v ← log v + gain · (target − measured), within the bounds. */
export function towardsSetPoint(value: number, measured: number, { target, gain, low, high }: SetPoint): number {
  return Math.min(high, Math.max(low, value * Math.exp(gain * (target - measured))));
}
