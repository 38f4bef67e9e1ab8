/** Instruct-SkillMix (README.md): plain supervised fine-tuning on a uniform mix of combinations of k skills. */
import type { RecipeContext } from '../recipe.js';
import { streamOf } from '../training/random-streams.js';
import { staged } from '../training/staged.js';
import { type SkillmixConfig, skillmixEntry } from './config.js';
import { combinations, mixSkills } from './mix-skills.js';

const chosen = ({ trainingRows, config, seed }: RecipeContext<SkillmixConfig>) =>
  mixSkills(trainingRows, config.skills_per_example, config.examples, streamOf(seed, 'skill mix'));

export const instructSkillmix = staged<SkillmixConfig, { readonly examples: number; readonly combinations: number }>({
  entry: skillmixEntry,
  collect: async (ctx) => {
    const rows = chosen(ctx);
    return { examples: rows.length, combinations: combinations(rows) };
  },
  stages: (ctx) => [chosen(ctx)],
  metrics: (_, { examples, combinations: count }) => ({ examples, skill_combinations: count }),
});
