/** The efficiency stage of the two-stage recipe (README.md): the loop of GRPO with a reward that knows lengths. */
import { grpoLoop } from '../grpo/loop.js';
import { type GradedCompletion, passes } from '../rollout/graded-completion.js';
import type { TwoStageConfig } from './config.js';
import { efficiencyRewards } from './efficiency-reward.js';

/** An empty completion has no form, whatever mark is asked for: else saying nothing would be paid. */
const isWellFormed = ({ completion, text }: GradedCompletion, { answer_mark: mark }: TwoStageConfig): boolean =>
  completion.sample.finishReason === 'stop' && text.trim() !== '' && text.includes(mark);

export const twoStageSftGrpo = grpoLoop<TwoStageConfig>({
  name: 'two-stage-sft-grpo',
  rewardsOf: (group, config) =>
    efficiencyRewards(
      group.map((graded) => ({
        isRight: passes(graded, config.pass_grade),
        isWellFormed: isWellFormed(graded, config),
        length: graded.completion.sample.tokens.length,
      })),
      config,
    ),
});
