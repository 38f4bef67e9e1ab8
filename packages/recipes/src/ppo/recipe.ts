/** Proximal policy optimisation (README.md): a completion is worth its grade. */
import { trainingReward } from '../rollout/score.js';
import type { PpoConfig } from './config.js';
import { ppoLoop } from './loop.js';

export const ppo = ppoLoop<PpoConfig>({
  name: 'ppo',
  rewardOf: ({ grade }) => trainingReward(grade),
});
