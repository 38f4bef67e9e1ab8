/** Curriculum-guided reinforcement (README.md): the loop of GRPO on rows in the order of their difficulty. */
import { grpoLoop } from '../grpo/loop.js';
import { tryRows } from '../rollout/try-rows.js';
import type { SariConfig } from './config.js';
import { curriculumOf } from './curriculum.js';

export const sariCurriculum = grpoLoop<SariConfig>({
  name: 'sari-curriculum',
  async choose(ctx, trainer) {
    const trial = { perRow: ctx.config.filter_rollouts, purpose: 'sari-curriculum trial' };
    return curriculumOf(await tryRows(ctx, trainer, trial), ctx.config);
  },
  keepsOrder: ({ curriculum }) => curriculum !== 'shuffled',
});
