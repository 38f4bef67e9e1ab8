/** A scenario as a step of ours, and as a batch in the peer's terms. */
import { join } from 'node:path';
import { invariant } from '@preheat/contracts';
import { tokenizer } from '../recipes/reversal-task.js';
import { GROUP, type GrpoScenario, MODELS, type SftScenario } from './loss-scenarios.js';
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
    finishReason: 'stop' as const,
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
