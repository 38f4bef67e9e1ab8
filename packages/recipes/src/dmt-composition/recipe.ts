/** Data composition (README.md): one supervised run a stage, each from the weights of the one before. */
import { streamOf } from '../training/random-streams.js';
import { staged } from '../training/staged.js';
import { composeStages } from './compose-stages.js';
import { type DmtConfig, dmtEntry } from './config.js';

export const dmtComposition = staged<DmtConfig, null>({
  entry: dmtEntry,
  collect: async () => null,
  stages: ({ trainingRows, config, seed }) => composeStages(trainingRows, config, streamOf(seed, 'dmt rows')),
});
