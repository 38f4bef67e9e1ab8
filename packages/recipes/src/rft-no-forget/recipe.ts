/** RIF-RFT (README.md): the loop of GRPO on the rows that give a signal. */
import { grpoLoop } from '../grpo/loop.js';
import { chooseRows } from './choose-rows.js';
import type { RifConfig } from './config.js';

export const rftNoForget = grpoLoop<RifConfig>({ name: 'rft-no-forget', choose: chooseRows });
