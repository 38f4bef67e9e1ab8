// Whole programs of the families that the graph is for, each a scalar loss: small enough for finite differences.

import { linearScan, sequentialScan } from '../blocks/linear-scan.js';
import type { ConformanceCase } from './conformance-case.js';
import { adaptedDecoder } from './programs/adapted-decoder.js';
import { convolutional } from './programs/convolutional.js';
import { encoderDecoder } from './programs/encoder-decoder.js';
import { intervalBounds } from './programs/interval-bounds.js';
import { actorCritic, directPreference, groupRelative } from './programs/policy-losses.js';
import { stateSpace } from './programs/state-space.js';

export const programCases: Readonly<Record<string, readonly ConformanceCase[]>> = {
  'decoder with adapters and a value head': [adaptedDecoder],
  'encoder-decoder with cross attention': [encoderDecoder],
  'convolutional classifier': [convolutional],
  'state space by log-depth scan': [stateSpace(linearScan)],
  'state space by sequential scan': [stateSpace(sequentialScan)],
  'interval bounds': [intervalBounds],
  'actor-critic by PPO': [actorCritic],
  'policy by GRPO': [groupRelative],
  'policy by DPO': [directPreference],
};
