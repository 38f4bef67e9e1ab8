/**
 * Rewards that take turns: for some steps completions are compared by one part of a multi grader, for some by another, or by the
 * whole grade. Parallel-R1 (Zheng et al. 2025, arXiv 2509.07980) alternates so between two rewards.
 */
import { gradeOfPart } from '@preheat/graders';
import { turnAt } from '@preheat/nn';
import type { GradedCompletion } from '../rollout/graded-completion.js';
import type { RewardTurn } from './keys.js';

/** What a step is trained for, and the turn that decided it. */
export interface ScheduledReward {
  /** Null without a schedule. */
  readonly turn: RewardTurn | null;
  readonly graded: readonly GradedCompletion[];
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Completions with the grades that count in step `step` (1 is the first); as they are without a schedule, which jobs made before there
 * was one do not have.
 */
export function scheduledReward(
  schedule: readonly RewardTurn[] | undefined,
  step: number,
  graded: readonly GradedCompletion[],
): ScheduledReward {
  if (!schedule || schedule.length === 0) return { turn: null, graded, metrics: {} };
  const index = turnAt(
    step - 1,
    schedule.map(({ steps }) => steps),
  );
  const turn = schedule[index] as RewardTurn;
  const { part } = turn;
  const metrics = { reward_turn: index + 1 };
  if (part === undefined) return { turn, graded, metrics };
  return { turn, graded: graded.map((each) => ({ ...each, grade: gradeOfPart(each.grade, part) })), metrics };
}
