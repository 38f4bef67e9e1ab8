/** Supervised fine-tuning (README.md): the assistant turns of chat rows are imitated, every trained token weighing the same. */
import { onChosenRows } from '../training/chosen-rows.js';
import type { SftConfig } from './config.js';
import { supervisedLoop } from './loop.js';
import { pruneRows } from './prune-rows.js';

export const sft = onChosenRows(supervisedLoop<SftConfig>({ name: 'sft' }), pruneRows);
