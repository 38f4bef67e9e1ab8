/** One stage of AceReason's reinforcement (README.md): the loop of GRPO on rows that are not always solved already. */
import { grpoLoop } from '../grpo/loop.js';
import { tryRows } from '../rollout/try-rows.js';
import type { AceReasonConfig } from './config.js';
import { unsolvedRows } from './unsolved-rows.js';

export const aceReasonSynergy = grpoLoop<AceReasonConfig>({
  name: 'acereason-synergy',
  async choose(ctx, trainer) {
    const { trainingRows, config } = ctx;
    const trial = { perRow: config.filter_rollouts, purpose: 'acereason-synergy pruning' };
    const rows = trial.perRow === 0 ? [...trainingRows.keys()] : unsolvedRows(await tryRows(ctx, trainer, trial));
    return { rows, metrics: { kept_fraction: rows.length / trainingRows.length } };
  },
});
