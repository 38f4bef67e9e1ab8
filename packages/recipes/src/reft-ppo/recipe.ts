/** Reinforced fine-tuning (README.md): the loop of PPO with a reward of three values. */
import { ppoLoop } from '../ppo/loop.js';
import { trainingReward } from '../rollout/score.js';
import type { ReftConfig } from './config.js';
import { reftReward } from './reft-reward.js';

export const reftPpo = ppoLoop<ReftConfig>({
  name: 'reft-ppo',
  rewardOf: ({ grade, text, completion }, config) =>
    reftReward(trainingReward(grade), text, completion.sample.finishReason, config),
});
