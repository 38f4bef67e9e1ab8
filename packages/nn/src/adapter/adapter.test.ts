import { freshDecoder, type LoraConfig, mergeAdapter, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, describe, expect, it } from 'vitest';
import { CROSS_ENTROPY, type LossSpec } from '../loss/loss-spec.js';
import { demonstrationRecord } from '../record/token-record.js';
import { imitate, reinforce } from '../record/weighted-tokens.js';
import { Trainer, type TrainerOptions } from '../trainer/trainer.js';
import { freshAdapter } from './fresh-adapter.js';
import { agrees, loraModulesOf } from './lora-modules.js';

const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  max_position_embeddings: 32,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const lora = (change: Partial<LoraConfig> = {}): LoraConfig => ({
  rank: 2,
  alpha: 4,
  usesRankStabilizedScale: false,
  dropout: 0,
  targetModules: ['all-linear'],
  rankPattern: {},
  alphaPattern: {},
  modulesToSave: [],
  baseModel: null,
  ...change,
});
const executor = createOnnxExecutor({ maxSessions: 32 });
afterAll(() => executor.dispose());
const options: TrainerOptions = {
  executor,
  config,
  optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 },
};
const narrow: TrainerOptions = { ...options, limits: { maxTokens: 8, overheadTokens: 0 } };
// Larger than fresh weights, so that gradients are not lost in rounding.
const weights: TensorMap = new Map(
  [...freshDecoder(config, 3)].map(([name, { shape, data }]) => [
    name,
    { shape, data: shape.length === 1 ? data : data.map((x) => 10 * x) },
  ]),
);
const rows = [0, 1, 2].map((row) =>
  Int32Array.from({ length: 5 + row }, (_, t) => (7 * t + 3 * row) % config.vocab_size),
);
const batch = rows.map((tokens) => imitate(demonstrationRecord(tokens, new Uint8Array(tokens.length).fill(1))));
const request = { spec: CROSS_ENTROPY, denominators: { crossEntropy: 12 }, learningRate: 0.02 };

const numbers = (tensors: TensorMap): number[] => [...tensors.values()].flatMap(({ data }) => [...data]);
const opened = (change: Partial<LoraConfig> = {}, at = options) =>
  Trainer.open(at, { weights, adapter: freshAdapter(config, lora(change), 5), seed: 9 });

async function trainedFor(trainer: Trainer, steps: number) {
  for (let step = 0; step < steps; step++) await trainer.step(batch, request);
  const snapshot = await trainer.read();
  const [whole, scores] = [await trainer.weights(), await trainer.logProbs(rows, 1)];
  await trainer.dispose();
  return { snapshot, whole, scores };
}

describe('an adapter in training', () => {
  it('changes nothing when fresh', async () => {
    const [plain, adapted] = [await Trainer.open(options, { weights }), await opened()];
    const [without, fresh] = [await trainedFor(plain, 0), await trainedFor(adapted, 0)];
    expect(fresh.scores).toEqual(without.scores);
    expect(numbers(fresh.whole)).toEqual(numbers(weights));
  });

  it('leaves the base as it is, and lowers the loss', async () => {
    const trainer = await opened();
    const before = await trainer.evaluate(batch, request.spec, request.denominators);
    const { snapshot } = await trainedFor(trainer, 20);
    for (const [name, { data }] of weights) expect(snapshot.parameters[name]).toEqual(data);
    expect(Object.keys(snapshot.firstMoment).every((name) => name.includes('.lora_'))).toBe(true);
    const again = await Trainer.open(options, { weights, adapter: await adapterIn(snapshot.parameters) });
    const after = await again.evaluate(batch, request.spec, request.denominators);
    expect(after.loss).toBeLessThan(before.loss - 0.3);
    await again.dispose();
  });

  it('computes what its merged weights compute', async () => {
    const { whole, scores } = await trainedFor(await opened({ targetModules: ['q_proj', 'down_proj'] }), 5);
    const merged = await Trainer.open(options, { weights: whole });
    const expected = (await merged.logProbs(rows, 1)).flatMap((row) => [...row]);
    scores.flatMap((row) => [...row]).forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? Number.NaN, 5));
    await merged.dispose();
  });

  it.each([0, 0.3])('learns the same from micro-batches as from the whole batch, with dropout %d', async (dropout) => {
    const [one, many] = [await opened({ dropout }), await opened({ dropout }, narrow)];
    const [whole, parts] = [await trainedFor(one, 2), await trainedFor(many, 2)];
    numbers(parts.whole).forEach((value, i) => expect(value).toBeCloseTo(numbers(whole.whole)[i] ?? Number.NaN, 5));
  });

  it('drops other numbers in every update, by its seed alone', async () => {
    const losses = async (seed: number) => {
      const adapter = { ...(await adapterIn((await trainedFor(await opened(), 3)).snapshot.parameters)) };
      const start = { weights, adapter: { ...adapter, config: lora({ dropout: 0.5 }) }, seed };
      const trainer = await Trainer.open(options, start);
      const still = { ...request, learningRate: 0 };
      const reports = [await trainer.step(batch, still), await trainer.step(batch, still)];
      await trainer.dispose();
      return reports.map(({ loss }) => loss);
    };
    const [first, second] = await losses(1);
    expect(first).not.toBe(second);
    expect(await losses(1)).toEqual([first, second]);
    expect((await losses(2))[0]).not.toBe(first);
  });

  it('drops nothing in an update by the policy gradient, whose ratios are to what the sampler drew from', async () => {
    const adapter = await adapterIn((await trainedFor(await opened(), 3)).snapshot.parameters);
    const start = { weights, adapter: { ...adapter, config: lora({ dropout: 0.5 }) }, seed: 9 };
    const trainer = await Trainer.open(narrow, start);
    const drawn = await trainer.logProbs(rows, 1);
    const policy = rows.map((tokens, i) => {
      const record = demonstrationRecord(tokens, new Uint8Array(tokens.length).fill(1));
      return reinforce({ ...record, logProb: drawn[i] as Float32Array });
    });
    const spec: LossSpec = {
      crossEntropy: false,
      policyGradient: { clipLow: 0.2, clipHigh: 0.2, dualClip: 0, temperature: 1, klBeta: 0, entropyBonus: 0 },
    };
    const still = { learningRate: 0, denominators: { policyGradient: 3, crossEntropy: 12 } };
    const report = await trainer.step(policy, { ...still, spec });
    expect(report).toMatchObject({ applied: true, clipped: 0 });
    expect(report.logProbMismatch).toBeLessThan(1e-5);
    const imitated = await trainer.step(batch, { ...still, spec: CROSS_ENTROPY });
    expect(imitated.loss).not.toBeCloseTo((await trainer.evaluate(batch, CROSS_ENTROPY, still.denominators)).loss, 3);
    await trainer.dispose();
  });
});

/** The matrices among parameters that were read. */
async function adapterIn(parameters: Readonly<Record<string, Float32Array>>) {
  const trainer = await opened();
  const adapter = trainer.adapterOf(parameters);
  await trainer.dispose();
  if (!adapter) throw new Error('the trainer has an adapter');
  return adapter;
}

describe('targets', () => {
  it('are ends of names, or every projection', () => {
    const namesOf = (...targetModules: string[]) =>
      loraModulesOf(config, lora({ targetModules })).map(({ name }) => name.replace(/^model\.layers\.\d+\./, ''));
    expect(new Set(namesOf('q_proj', 'mlp.up_proj'))).toEqual(new Set(['self_attn.q_proj', 'mlp.up_proj']));
    expect(new Set(namesOf('all-linear')).size).toBe(7);
    expect(namesOf('proj')).toEqual([]);
  });

  it('agree when they name the same projections with the same scale', () => {
    const all = freshAdapter(config, lora(), 1);
    expect(all.config.targetModules).not.toContain('all-linear');
    expect(agrees(config, all, lora({ dropout: 0.5 }))).toBe(true);
    expect(agrees(config, all, lora({ alpha: 8 }))).toBe(false);
    expect(agrees(config, all, lora({ targetModules: ['q_proj'] }))).toBe(false);
    const [first] = all.tensors.values();
    for (const beside of ['lm_head.lora_A.weight', 'model.embed_tokens.weight']) {
      const tensors = new Map(all.tensors).set(beside, first as NonNullable<typeof first>);
      expect(agrees(config, { ...all, tensors }, lora())).toBe(false);
    }
  });

  it('of a fresh adapter fold into the base without changing it', () => {
    expect(numbers(mergeAdapter(weights, freshAdapter(config, lora(), 3)))).toEqual(numbers(weights));
  });
});
