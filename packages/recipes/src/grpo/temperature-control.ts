/**
 * Keeps the entropy of what is sampled near a target by moving the sampling temperature (AceReason-Nemotron 1.1, Liu et al.
 * 2025, arXiv 2506.13284, picks a temperature for an entropy near 0.3; moving it step by step is ours).
 */
import { towardsSetPoint } from '@preheat/nn';

export interface TemperatureControl {
  readonly temperature: number;
  /** Nats a token; 0 leaves the temperature where it is. */
  readonly target_entropy: number;
  readonly entropy_gain: number;
}

/** Programs are compiled for a temperature: on a grid there are few. */
const GRID = 0.05;
const [LOWEST, HIGHEST] = [0.1, 2];

/** What the controller has come to, after a step that measured `entropy`. */
export function nextTemperature(current: number, entropy: number, control: TemperatureControl): number {
  const { target_entropy: target, entropy_gain: gain } = control;
  return target === 0 ? current : towardsSetPoint(current, entropy, { target, gain, low: LOWEST, high: HIGHEST });
}

/** What is sampled and trained at. */
export const usedTemperature = (current: number, { target_entropy: target }: TemperatureControl): number =>
  target === 0 ? current : Number((Math.round(current / GRID) * GRID).toFixed(2));
