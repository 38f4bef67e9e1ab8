/** Score: what each completion earns, and how it compares with the other completions of its prompt. */
import { invariant } from '@preheat/contracts';
import { type CompiledGrader, gradeAll, type GradeResult } from '@preheat/graders';
import { groupAdvantages, hasVariance } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import type { Completion } from './collect.js';
import type { GrpoConfig } from './config.js';

/** The grader, which every reinforcement phase is given. */
export function graderOf(ctx: RecipeContext<GrpoConfig>): CompiledGrader {
  invariant(ctx.grader, 'grpo needs a grader: job creation refuses a reinforcement phase without one');
  return ctx.grader;
}

/** Grades the decoded completions, in order. */
export function score(ctx: RecipeContext<GrpoConfig>, completions: readonly Completion[]): Promise<GradeResult[]> {
  const samples = completions.map(({ row, sample }) => ({
    sample: { output_text: ctx.tokenizer.decode(sample.tokens, { skipSpecialTokens: true }) },
    item: row,
  }));
  return gradeAll(graderOf(ctx), samples, { signal: ctx.signal });
}

/**
 * The reward as training sees it. An answer that cannot be parsed earned its 0; when the grader itself failed, the policy
 * must not be blamed: `null` takes the completion out of its group.
 */
export function trainingReward({ reward, isFlagged, errors }: GradeResult): number | null {
  return isFlagged && !errors.sample_parse_error ? null : reward;
}

export interface GroupScores {
  /** One advantage a completion, groups in order. */
  readonly advantages: Float64Array;
  /** Share of groups whose completions all earned the same: nothing can be learned from them. */
  readonly zeroVarianceFraction: number;
}

/** Advantages of adjacent groups of `groupSize` completions. */
export function compareGroups(
  rewards: readonly (number | null)[],
  groupSize: number,
  normaliseStd: boolean,
): GroupScores {
  const groups = Array.from({ length: rewards.length / groupSize }, (_, g) =>
    rewards.slice(g * groupSize, (g + 1) * groupSize),
  );
  const advantages = groups.flatMap((rewards_G) => [...groupAdvantages(rewards_G, { normaliseStd })]);
  const flat = groups.filter((rewards_G) => !hasVariance(rewards_G)).length;
  return { advantages: Float64Array.from(advantages), zeroVarianceFraction: flat / Math.max(1, groups.length) };
}
