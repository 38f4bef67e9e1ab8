/** Group relative policy optimisation (README.md): a completion is worth its grade. */
import type { GrpoConfig } from './keys.js';
import { grpoLoop } from './loop.js';

export const grpo = grpoLoop<GrpoConfig>({ name: 'grpo' });
