/** Utility-diversity sampling (README.md): supervised training on the part of each batch that is worth it. */
import { supervisedLoop } from '../sft/loop.js';
import { chooseRows } from './choose-rows.js';
import type { UdsConfig } from './config.js';

export const udsBatch = supervisedLoop<UdsConfig>({ name: 'uds-batch', select: chooseRows });
