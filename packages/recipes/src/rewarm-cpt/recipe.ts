/** Continual pre-training (README.md): supervised training of whole texts under a re-warmed learning rate. */
import { supervisedLoop } from '../sft/loop.js';
import type { RewarmConfig } from './config.js';
import { rewarmedRate } from './rewarmed-rate.js';

export const rewarmCpt = supervisedLoop<RewarmConfig>({
  name: 'rewarm-cpt',
  trains: ({ trained_tokens: tokens }) => ({ tokens }),
  rateAt: rewarmedRate,
});
