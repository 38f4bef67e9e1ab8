/** What a recipe shapes rewards from: a completion, what it says, and what the grader made of it. */
import { invariant } from '@preheat/contracts';
import type { GradeResult } from '@preheat/graders';
import type { RecipeContext } from '../recipe.js';
import { answerTokens, type Completion } from './collect.js';
import { trainingReward } from './score.js';

export interface GradedCompletion {
  readonly completion: Completion;
  readonly text: string;
  readonly grade: GradeResult;
}

/** In the order of `completions`. */
export function gradedCompletions(
  { tokenizer }: RecipeContext<object>,
  completions: readonly Completion[],
  grades: readonly GradeResult[],
): GradedCompletion[] {
  return completions.map((completion, i) => {
    const grade = grades[i];
    invariant(grade, `${grades.length} grades for ${completions.length} completions`);
    const text = tokenizer.decode(answerTokens(completion), { skipSpecialTokens: true });
    return { completion, text, grade };
  });
}

/** Whether the answer is right; null when the grader failed, which blames nothing. */
export function passes({ grade }: GradedCompletion, passGrade: number): boolean | null {
  const reward = trainingReward(grade);
  return reward === null ? null : reward >= passGrade;
}

/** The mean of the rewards that are known; 0 when none is. */
export function meanKnown(rewards: readonly (number | null)[]): number {
  const known = rewards.filter((reward) => reward !== null);
  return known.reduce((sum, reward) => sum + reward, 0) / Math.max(1, known.length);
}
