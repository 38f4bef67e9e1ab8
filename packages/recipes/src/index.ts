/** The runtimes of the recipes. Schemas and defaults alone are at ./catalog, which loads no runtime. */
export type {
  AnyRecipe,
  AnyRow,
  PhaseGrader,
  Recipe,
  RecipeContext,
  ReferenceWeights,
  RolloutOptions,
  RolloutPrompt,
  Rollouts,
  RolloutSample,
  Snapshot,
  StepResult,
  TrainingRow,
  ValidationAnswers,
} from './recipe.js';
export { answerSample } from './rollout/answer-sample.js';
export { RUNTIMES } from './runtimes.js';
export { seedOf } from './training/random-streams.js';
export { StaleRolloutError } from './training/stale-rollout-error.js';
export { TrainingDivergedError } from './training/training-diverged-error.js';
export { UnusableRowsError } from './training/unusable-rows-error.js';
export type { Alarm, StepMetrics } from './watch/alarm.js';
export { newAlarms } from './watch/detect.js';
export { EVALUATIONS, HISTORY_STEPS, isEvaluated, remember } from './watch/step-history.js';
