/** Supervised fine-tuning (README.md): the assistant turns of chat rows are imitated, every trained token weighing the same. */
import type { SftConfig } from './config.js';
import { supervisedLoop } from './loop.js';

export const sft = supervisedLoop<SftConfig>({ name: 'sft' });
