/** A scenario as a step of ours, and as a batch in the peer's terms. */
import { join } from 'node:path';
import { invariant } from '@preheat/contracts';
import type { Snapshot } from '@preheat/recipes';
import { tokenizer } from '../recipes/reversal-task.js';
import {
  type DpoScenario,
  GROUP,
  type GrpoScenario,
  MODELS,
  type PpoScenario,
  type SftScenario,
} from './loss-scenarios.js';
import { adapterOf, policyOf, referenceOf } from './peer-models.js';
import { givenRewards, givenRollouts, type RecipeStep } from './recipe-step.js';

/** A folder, and token ids with a mask. @param root Where `writePeerModels` wrote. */
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

const promptOf = ({ prompts }: GrpoScenario, index: number): Int32Array => {
  const row = prompts[index];
  invariant(row, `prompt ${index}`);
  return tokenizer.encodePrompt(row.messages);
};

/** As `sftBatch`. */
export function grpoBatch(root: string, scenario: GrpoScenario) {
  const { model, prompts, completions, rewards, offPolicy, trl } = scenario;
  const folders = { model: join(root, model), reference: join(root, `${model}-reference`) };
  const ids = prompts.map((_, index) => [...promptOf(scenario, index)]);
  return { ...folders, prompts: ids, completions, rewards, offPolicy, trl };
}

export function sftStep({ model, config, rows, microBatchTokens, hasAdapter }: SftScenario): RecipeStep {
  const modelConfig = MODELS[model];
  const adapter = hasAdapter ? { adapter: adapterOf(modelConfig) } : {};
  return { recipe: 'sft', config, modelConfig, weights: policyOf(modelConfig), rows, microBatchTokens, ...adapter };
}

/** @param old Log-probabilities of every token of every completion, as its sampler is to have said. */
export function grpoStep(scenario: GrpoScenario, old: readonly (readonly number[])[]): RecipeStep {
  const { model, config, completions, microBatchTokens, prompts, rewards } = scenario;
  const modelConfig = MODELS[model];
  const samples = completions.map((tokens, i) => ({
    tokens: Int32Array.from(tokens),
    logProbs: Float32Array.from(old[i] ?? []),
    finishReason: tokens.at(-1) === tokenizer.specialIds.eos ? ('stop' as const) : ('length' as const),
    policyVersion: 0,
  }));
  const samplesOf = new Map(
    prompts.map((_, p) => [promptOf(scenario, p).join(), samples.slice(p * GROUP, (p + 1) * GROUP)]),
  );
  const texts = completions.map((tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true }));
  return {
    recipe: 'grpo',
    config: { group_size: GROUP, ...config },
    modelConfig,
    weights: policyOf(modelConfig),
    reference: referenceOf(modelConfig),
    rows: prompts,
    microBatchTokens,
    sampling: {
      rollouts: givenRollouts(samplesOf),
      grader: givenRewards(new Map(texts.map((text, i) => [text, rewards[i] ?? null]))),
    },
  };
}

/** As `grpoBatch`. */
export function ppoBatch(root: string, { head, keys, ...scenario }: PpoScenario) {
  return { ...grpoBatch(root, { ...scenario, trl: {} }), head, keys };
}

/** As `grpoStep`, from a value head that has learned something. */
export function ppoStep({ head, keys: _, ...scenario }: PpoScenario, old: readonly (readonly number[])[]): RecipeStep {
  const { config, ...step } = grpoStep({ ...scenario, trl: {} }, old);
  const { group_size: samples_per_prompt, ...own } = config;
  const weight = { shape: [1, head.length], data: Float32Array.from(head) };
  const startFrom = (fresh: Snapshot): Snapshot => ({
    ...fresh,
    optimizer: new Map([...fresh.optimizer, ['value_head.weight', weight]]),
  });
  return { ...step, recipe: 'ppo', config: { samples_per_prompt, ...own }, startFrom };
}

/** Sequences of token ids, preferred answers first. */
export function dpoBatch(root: string, { model, pairs, trl, hasAdapter }: DpoScenario) {
  const side = (answer: 'preferred_output' | 'non_preferred_output') =>
    pairs.map((row) => {
      const prompt = row.input.messages.map((message) =>
        message.role === 'assistant' ? { ...message, weight: 0 as const } : message,
      );
      const { tokens, trainMask } = tokenizer.encodeChat([...prompt, ...row[answer]]);
      return { tokens: [...tokens], mask: [...trainMask] };
    });
  const folders = { model: join(root, model), reference: join(root, `${model}-reference`) };
  const adapter = hasAdapter ? { adapter: join(root, `${model}-adapter`) } : {};
  return { ...folders, ...adapter, chosen: side('preferred_output'), rejected: side('non_preferred_output'), trl };
}

export function dpoStep({ model, config, pairs, microBatchTokens, hasAdapter }: DpoScenario): RecipeStep {
  const modelConfig = MODELS[model];
  const adapter = hasAdapter ? { adapter: adapterOf(modelConfig) } : {};
  const weights = { weights: policyOf(modelConfig), reference: referenceOf(modelConfig) };
  return { recipe: 'dpo', config, modelConfig, ...weights, rows: pairs, microBatchTokens, ...adapter };
}
