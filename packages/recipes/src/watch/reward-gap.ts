/**
 * The reward that is trained for rises from evaluation to evaluation, and held-out accuracy does not: the policy learns to earn,
 * not to answer (a hacked reward, or training prompts learned by heart). Samples that only catch up with the greedy answers they
 * are drawn around are no such case.
 */
import type { Alarm, Detector, StepMetrics } from './alarm.js';
import { EVALUATIONS, HELD_OUT, isEvaluated } from './step-history.js';

const GRADE = 'train_mean_reward';
/** Where a recipe pays for something else than the grade. */
const SHAPED = 'train_shaped_reward';

/** Told and no more: whether the reward or the validation rows are the ones that are right, its user knows. */
export const rewardGap: Detector = (history, { max_reward_gap: bound }): Alarm | null => {
  const evaluated = history.filter(isEvaluated).slice(-EVALUATIONS);
  // Of rewards that take turns each has a course of its own.
  if (new Set(evaluated.map((step) => step['reward_turn'])).size > 1) return null;
  if (bound === null || evaluated.length < EVALUATIONS) return null;
  const [rewards, grades, heldOut] = [
    evaluated.map(rewardOf),
    valuesOf(evaluated, GRADE),
    valuesOf(evaluated, HELD_OUT),
  ];
  if (!isRising(rewards) || riseOf(rewards) < bound) return null;
  const [best = 0, ...later] = heldOut;
  if (later.some((value) => value > best) || isCatchingUp(grades, heldOut)) return null;
  const cause = `the reward rose by ${riseOf(rewards).toPrecision(3)} over ${EVALUATIONS} evaluations, in none of which the validation rows were answered better than in the first`;
  const evidence = { step: valuesOf(evaluated, 'step'), reward: rewards, [GRADE]: grades, [HELD_OUT]: heldOut, bound };
  return { detector: 'reward_gap', isWorthless: false, cause, evidence };
};

const rewardOf = (step: StepMetrics): number => step[SHAPED] ?? step[GRADE] ?? 0;

const valuesOf = (steps: readonly StepMetrics[], metric: string): number[] => steps.map((step) => step[metric] ?? 0);

const riseOf = (values: readonly number[]): number => (values.at(-1) ?? 0) - (values[0] ?? 0);

const isRising = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > (values[i - 1] ?? 0));

const isCatchingUp = (grades: readonly number[], heldOut: readonly number[]): boolean =>
  riseOf(grades) > 0 && (grades.at(-1) ?? 0) <= (heldOut.at(-1) ?? 0);
