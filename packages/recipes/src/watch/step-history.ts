/**
 * The steps that detectors look back on: the newest in a row, and of those before them the ones whose policy answered the
 * validation rows, which in a long phase lie far apart.
 */
import type { StepMetrics } from './alarm.js';

/** Steps in a row. */
export const HISTORY_STEPS = 64;
/** Evaluations whose course is looked at. */
export const EVALUATIONS = 5;

/** Share of the validation rows that is answered right, or whatever their grader makes of them. */
export const HELD_OUT = 'full_valid_mean_reward';

export const isEvaluated = (step: StepMetrics): boolean => step[HELD_OUT] !== undefined;

/** The history with one step more. */
export function remember(history: readonly StepMetrics[], step: StepMetrics): readonly StepMetrics[] {
  const all = [...history, step];
  const before = all.slice(0, -HISTORY_STEPS).filter(isEvaluated);
  return [...before.slice(-EVALUATIONS), ...all.slice(-HISTORY_STEPS)];
}
