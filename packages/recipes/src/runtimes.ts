/** The code behind every name in the catalog. One line a recipe; a test keeps both tables equal. */
import { aceReasonSynergy } from './acereason-synergy/recipe.js';
import { atsReward } from './ats-reward/recipe.js';
import { cooldownSampling } from './cooldown-sampling/recipe.js';
import { dmtComposition } from './dmt-composition/recipe.js';
import { dpo } from './dpo/recipe.js';
import { grpo } from './grpo/recipe.js';
import { ift } from './ift/recipe.js';
import { instructSkillmix } from './instruct-skillmix/recipe.js';
import { ppo } from './ppo/recipe.js';
import type { AnyRecipe, Recipe } from './recipe.js';
import { reftPpo } from './reft-ppo/recipe.js';
import { rewarmCpt } from './rewarm-cpt/recipe.js';
import { rftNoForget } from './rft-no-forget/recipe.js';
import { s3ft } from './s3ft/recipe.js';
import { sariCurriculum } from './sari-curriculum/recipe.js';
import { sft } from './sft/recipe.js';
import { tldrLength } from './tldr-length/recipe.js';
import { twoStageSftGrpo } from './two-stage-sft-grpo/recipe.js';
import { udsBatch } from './uds-batch/recipe.js';

const opaque = <Config extends object, State, Row>(recipe: Recipe<Config, State, Row>): AnyRecipe =>
  // The catalog resolved the config by the recipe's own schema, rows were checked for the type of its phase, and a state
  // only returns to the recipe that made it.
  recipe as unknown as AnyRecipe;

export const RUNTIMES: Readonly<Record<string, AnyRecipe>> = {
  [sft.name]: opaque(sft),
  [grpo.name]: opaque(grpo),
  [dpo.name]: opaque(dpo),
  [ppo.name]: opaque(ppo),
  [reftPpo.name]: opaque(reftPpo),
  [rewarmCpt.name]: opaque(rewarmCpt),
  [cooldownSampling.name]: opaque(cooldownSampling),
  [dmtComposition.name]: opaque(dmtComposition),
  [s3ft.name]: opaque(s3ft),
  [instructSkillmix.name]: opaque(instructSkillmix),
  [twoStageSftGrpo.name]: opaque(twoStageSftGrpo),
  [tldrLength.name]: opaque(tldrLength),
  [rftNoForget.name]: opaque(rftNoForget),
  [udsBatch.name]: opaque(udsBatch),
  [ift.name]: opaque(ift),
  [aceReasonSynergy.name]: opaque(aceReasonSynergy),
  [sariCurriculum.name]: opaque(sariCurriculum),
  [atsReward.name]: opaque(atsReward),
};
