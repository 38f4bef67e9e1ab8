import { type LoraConfig, mergeAdapter, type TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import type { Executor, TrainingState } from '@preheat/executor';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { CounterRandom } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';
import { CROSS_ENTROPY } from '../loss/loss-spec.js';
import { demonstrationRecord } from '../record/token-record.js';
import { imitate } from '../record/weighted-tokens.js';
import { Trainer, type TrainerOptions } from '../trainer/trainer.js';
import { freshAdapter } from './fresh-adapter.js';
import { type FrozenStorage, restoreTensor, storeTensor } from './frozen-storage.js';

const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 23,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  max_position_embeddings: 32,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const lora: LoraConfig = {
  rank: 4,
  alpha: 8,
  usesRankStabilizedScale: false,
  dropout: 0,
  targetModules: ['all-linear'],
  rankPattern: {},
  alphaPattern: {},
  modulesToSave: [],
  baseModel: null,
};
const random = CounterRandom.fromSeed('frozen storage');
const drawn = (count: number, size: number): Float32Array =>
  Float32Array.from({ length: count }, () => size * (random.float() - 0.5));
const weights: TensorMap = new Map(
  decoderTensors(config).map(({ name, shape }) => {
    const data = drawn(
      shape.reduce((a, b) => a * b, 1),
      0.6,
    );
    return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + x) : data }];
  }),
);
const fresh = freshAdapter(config, lora, 5);
// B is zero when fresh, and then A has no gradient.
const adapter = {
  config: lora,
  tensors: new Map(
    [...fresh.tensors].map(([name, { shape, data }]) => [name, { shape, data: drawn(data.length, 0.4) }]),
  ),
};
const rows = [9, 14, 12].map((length) => Int32Array.from({ length }, () => random.int(config.vocab_size)));
const batch = rows.map((tokens) => imitate(demonstrationRecord(tokens, new Uint8Array(tokens.length).fill(1))));
const request = { spec: CROSS_ENTROPY, denominators: { crossEntropy: 32 }, learningRate: 0 };

const executor = createOnnxExecutor({ threads: 1 });
afterAll(() => executor.dispose());

async function measured(frozenStorage: FrozenStorage) {
  // Without memory the first moment is the gradient.
  const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: Number.POSITIVE_INFINITY };
  const options: TrainerOptions = { executor, config, optimizer, frozenStorage };
  const trainer = await Trainer.open(options, { weights, adapter });
  const { loss } = await trainer.step(batch, request);
  const { firstMoment } = await trainer.read();
  const [merged, scores] = [await trainer.weights(), await trainer.logProbs(rows, 1)];
  await trainer.dispose();
  return { loss, gradient: Object.values(firstMoment).flatMap((x) => [...x]), merged, scores: flat(scores) };
}

const flat = (parts: readonly Float32Array[]): number[] => parts.flatMap((part) => [...part]);
const norm = (xs: readonly number[]): number => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0));
const distance = (a: readonly number[], b: readonly number[]): number =>
  norm(a.map((x, i) => x - (b[i] ?? Number.NaN)));

describe.each([
  ['float16', 2e-3],
  ['int8', 2e-2],
] as const)('weights held as %s under an adapter', (storage, tolerance) => {
  it(`give its matrices the gradient of float32 weights within ${tolerance}`, async () => {
    const [plain, compact] = [await measured('float32'), await measured(storage)];
    expect(norm(plain.gradient)).toBeGreaterThan(0.1);
    expect(distance(plain.gradient, compact.gradient) / norm(plain.gradient)).toBeLessThan(tolerance);
    expect(Math.abs(compact.loss - plain.loss)).toBeLessThan(tolerance);
    expect(compact.loss).not.toBe(plain.loss);
  });

  it('are the weights that the adapter is merged into, and that scores are computed with', async () => {
    const { merged, scores } = await measured(storage);
    const rounded: TensorMap = new Map(
      [...weights].map(([name, tensor]) => {
        const data = tensor.shape.length === 2 ? restoreTensor(storeTensor(name, tensor, storage)) : tensor.data;
        return [name, { ...tensor, data }];
      }),
    );
    expect(merged).toEqual(mergeAdapter(rounded, adapter));
    const options = { executor, config, optimizer: { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 } };
    const whole = await Trainer.open(options, { weights: merged });
    const again = flat(await whole.logProbs(rows, 1));
    await whole.dispose();
    expect(Math.max(...scores.map((score, i) => Math.abs(score - (again[i] ?? Number.NaN))))).toBeLessThan(1e-5);
  });

  it('are those of a frozen policy, to the bit, which keeps no moments', async () => {
    const { scores } = await measured(storage);
    const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 };
    const options: TrainerOptions = { executor, config, optimizer, frozenStorage: storage };
    const frozen = await Trainer.open(options, { weights, adapter, isFrozen: true });
    expect(flat(await frozen.logProbs(rows, 1))).toEqual(scores);
    expect(Object.keys((await frozen.read()).firstMoment)).toEqual([]);
    await frozen.dispose();
    // An adapter that has learned nothing yet changes nothing.
    const [untrained, alone] = [
      await Trainer.open(options, { weights, adapter: fresh }),
      await Trainer.open(options, { weights, isFrozen: true }),
    ];
    expect(flat(await alone.logProbs(rows, 1))).toEqual(flat(await untrained.logProbs(rows, 1)));
    await untrained.dispose();
    await alone.dispose();
  });
});

it('leaves nothing open when the weights cannot be held', async () => {
  const opened: TrainingState[] = [];
  const watched: Executor = {
    ...executor,
    holdsStored: true,
    openTraining: async (...args) => {
      const state = await executor.openTraining(...args);
      opened.push(state);
      return state;
    },
  };
  const huge: TensorMap = new Map(
    [...weights].map(([name, { shape, data }]) => [name, { shape, data: data.map(() => 70_000) }]),
  );
  const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 };
  const options: TrainerOptions = { executor: watched, config, optimizer, frozenStorage: 'float16' };
  await expect(Trainer.open(options, { weights: huge, adapter })).rejects.toThrow('beyond 65,504');
  expect(opened).toHaveLength(1);
  await expect(opened[0]?.read()).rejects.toThrow('disposed');
});

it('refuses weights that float16 has no number for', () => {
  const tensor = { shape: [1, 2], data: Float32Array.of(1, 70_000) };
  expect(() => storeTensor('w', tensor, 'float16')).toThrow('w has weights beyond 65,504');
});
