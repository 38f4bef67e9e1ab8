/** The models that losses and optimiser steps are compared on, as tensors for us and as folders for the peer. */
import { join } from 'node:path';
import type { LoraAdapter, TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { freshAdapter } from '@preheat/nn';
import { filled, filledTensors } from '../numerics/filled-tensors.js';
import { MODELS } from './loss-scenarios.js';
import { writeAdapter, writeModel } from './written-model.js';

/** The policy, a fifth of the way from its reference. */
export const policyOf = (config: DecoderConfig): TensorMap => filledTensors(config);
export const referenceOf = (config: DecoderConfig): TensorMap =>
  new Map(
    [...policyOf(config)].map(([name, { shape, data }]) => {
      const other = filled(`reference ${name}`, data.length);
      return [name, { shape, data: data.map((x, i) => x + 0.2 * (other[i] ?? 0)) }];
    }),
  );

export function adapterOf(config: DecoderConfig): LoraAdapter {
  const settings = {
    rank: 4,
    alpha: 8,
    usesRankStabilizedScale: false,
    dropout: 0,
    targetModules: ['q_proj', 'v_proj', 'down_proj'],
    rankPattern: {},
    alphaPattern: {},
    modulesToSave: [],
    baseModel: null,
  };
  const { tensors } = freshAdapter(config, settings, 1);
  const drawn = [...tensors].map(
    ([name, { shape, data }]) => [name, { shape, data: filled(name, data.length) }] as const,
  );
  return { config: settings, tensors: new Map(drawn) };
}

/** Of every model: its policy, its reference and an adapter to the policy. */
export function writePeerModels(root: string): void {
  for (const [name, config] of Object.entries(MODELS)) {
    writeModel(join(root, name), config, policyOf(config));
    writeModel(join(root, `${name}-reference`), config, referenceOf(config));
    writeAdapter(join(root, `${name}-adapter`), adapterOf(config));
  }
}
