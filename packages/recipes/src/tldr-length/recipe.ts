/** TLDR (README.md): the loop of GRPO with a reward that charges for length by the level a row names. */
import { grpoLoop } from '../grpo/loop.js';
import { passes } from '../rollout/graded-completion.js';
import type { TldrConfig } from './config.js';
import { type Level, levelOf, type LevelOptions, levelReward } from './level-reward.js';

function optionsOf(level: Level, config: TldrConfig): LevelOptions {
  return {
    weight: config[`${level}_weight` as const],
    length: config[`${level}_length` as const],
    overlongPenalty: config.overlong_penalty,
  };
}

export const tldrLength = grpoLoop<TldrConfig>({
  name: 'tldr-length',
  checkRows: ({ trainingRows, config }) => {
    for (const row of trainingRows) levelOf(row, config.level_key);
  },
  rewardsOf: (group, config) =>
    group.map((graded) => {
      const { row, sample } = graded.completion;
      const isRight = passes(graded, config.pass_grade);
      const options = optionsOf(levelOf(row, config.level_key), config);
      return isRight === null ? null : levelReward(isRight, sample.tokens.length, options);
    }),
});
