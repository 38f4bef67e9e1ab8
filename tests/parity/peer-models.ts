/**
 * The models that losses and optimiser steps are compared on, as tensors for us and as folders for the peer, and batches
 * in the peer's terms.
 */
import { join } from 'node:path';
import type { LoraAdapter, TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { freshAdapter } from '@preheat/nn';
import { filled, filledTensors } from '../numerics/filled-tensors.js';
import { tokenizer } from '../recipes/reversal-task.js';
import { MODELS, type SftScenario } from './loss-scenarios.js';
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

/** The scenario in a peer's terms: a folder, and token ids with a mask. @param root Where `writePeerModels` wrote. */
export function sftBatch(root: string, { model, rows, config, deviceBatch, hasAdapter }: SftScenario) {
  const most = Number(config['max_sequence_length'] ?? MODELS[model].max_position_embeddings);
  const encoded = rows.map(({ messages }) => tokenizer.encodeChat(messages));
  const cut = encoded.map(({ tokens, trainMask }) => ({
    tokens: [...tokens.slice(0, most)],
    mask: [...trainMask.slice(0, most)],
  }));
  const adapter = hasAdapter ? { adapter: join(root, `${model}-adapter`) } : {};
  return { model: join(root, model), rows: cut, deviceBatch, ...adapter };
}
