/** Score: what each completion earns. */
import { invariant } from '@preheat/contracts';
import type { GradeResult } from '@preheat/graders';
import type { PhaseGrader, RecipeContext } from '../recipe.js';
import { GraderDownError } from '../training/grader-down-error.js';
import { answerSample } from './answer-sample.js';
import { answerTokens, type Completion } from './collect.js';

/** The grader, which every reinforcement phase is given. */
export function graderOf(ctx: RecipeContext<object>): PhaseGrader {
  invariant(ctx.grader, 'this recipe needs a grader: job creation refuses a reinforcement phase without one');
  return ctx.grader;
}

/** Grades the decoded completions, in order, whatever became of the grader. */
export function grade(ctx: RecipeContext<object>, completions: readonly Completion[]): Promise<GradeResult[]> {
  const samples = completions.map((completion) => {
    const { row, sample } = completion;
    const answer = { tokens: answerTokens(completion), finishReason: sample.finishReason };
    return { sample: answerSample(ctx.tokenizer, row, answer), item: row };
  });
  return graderOf(ctx).gradeAll(samples, ctx.signal);
}

/** As `grade`. @throws GraderDownError when the grader answered for none of them. */
export async function score(ctx: RecipeContext<object>, completions: readonly Completion[]): Promise<GradeResult[]> {
  const grades = await grade(ctx, completions);
  refuseDown(grades);
  return grades;
}

/** @param grades What is learned from. @throws GraderDownError when the grader answered for none of them. */
export function refuseDown(grades: readonly GradeResult[]): void {
  const [first] = grades;
  if (first && grades.every((grade) => isDown(grade))) throw new GraderDownError(first.errorMessages[0] ?? '');
}

/** Nothing was graded because of what the grader calls, not because of what was written. */
function isDown({ isFlagged, errors }: GradeResult): boolean {
  const { unresponsive_reward_error, python_grader_server_error, model_grader_server_error } = errors;
  return isFlagged && (unresponsive_reward_error || python_grader_server_error || model_grader_server_error);
}

/**
 * The reward as training sees it. An answer that cannot be parsed earned its 0; when the grader itself failed, the policy
 * must not be blamed: `null` takes the completion out of its group.
 */
export function trainingReward({ reward, isFlagged, errors }: GradeResult): number | null {
  return isFlagged && !errors.sample_parse_error ? null : reward;
}
