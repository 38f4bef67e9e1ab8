/** The efficiency stage of the two-stage recipe (README.md): the loop of GRPO with a reward that knows lengths. */
import { grpoLoop } from '../grpo/loop.js';
import { passes } from '../rollout/graded-completion.js';
import type { TwoStageConfig } from './config.js';
import { efficiencyRewards } from './efficiency-reward.js';

export const twoStageSftGrpo = grpoLoop<TwoStageConfig>({
  name: 'two-stage-sft-grpo',
  rewardsOf: (group, config) =>
    efficiencyRewards(
      group.map((graded) => ({
        isRight: passes(graded, config.pass_grade),
        isWellFormed:
          graded.completion.sample.finishReason === 'stop' && graded.text.includes(config.answer_mark),
        length: graded.completion.sample.tokens.length,
      })),
      config,
    ),
});
