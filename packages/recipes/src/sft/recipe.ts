/** Supervised fine-tuning (README.md): the assistant turns of chat rows are imitated, every trained token weighing the same. */
import { type SftConfig, sftEntry } from './config.js';
import { supervisedLoop } from './loop.js';

export const sft = supervisedLoop<SftConfig>({
  name: 'sft',
  totalSteps: (config, rows) => sftEntry.totalSteps(config, rows),
});
