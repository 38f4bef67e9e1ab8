import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import type { TensorMap } from '@preheat/checkpoints';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { evaluateProgram, gradientOutput } from '@preheat/graph';
import { CounterRandom } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';
import { CROSS_ENTROPY, type LossSpec } from '../loss/loss-spec.js';
import type { InputMixture } from '../record/input-mixture.js';
import { demonstrationRecord } from '../record/token-record.js';
import { imitate, type WeightedTokens } from '../record/weighted-tokens.js';
import { packMicroBatch } from './pack-micro-batch.js';
import { Trainer } from './trainer.js';
import { buildTrainingProgram } from './training-program.js';

const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 7,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  max_position_embeddings: 32,
  rope_theta: 100,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const MIXED: LossSpec = { ...CROSS_ENTROPY, mixesInputs: true };
const model = { config, lora: null };
const plan = { rows: [0, 1], batch: 2, length: 8 };
const random = CounterRandom.fromSeed('mixtures');
const weights: TensorMap = new Map(
  decoderTensors(config).map(({ name, shape }) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5);
    return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + 0.4 * x) : data }];
  }),
);
const doubles = Object.fromEntries([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));

const sequences = [Int32Array.of(2, 3, 4, 5, 1), Int32Array.of(6, 2, 1)];
const others = [Int32Array.of(2, 3, 6, 2, 1), Int32Array.of(6, 4, 1)];
const rowsWith = (shareOf: (t: number) => number): WeightedTokens[] =>
  sequences.map((tokens, r) => ({
    ...imitate(
      demonstrationRecord(
        tokens,
        Uint8Array.from(tokens, (_, t) => (t > 1 ? 1 : 0)),
      ),
    ),
    mixture: { tokens: others[r] ?? tokens, share: Float32Array.from(tokens, (_, t) => shareOf(t)) },
  }));
const run = (spec: LossSpec, rows: WeightedTokens[], values = doubles) =>
  evaluateProgram(buildTrainingProgram(model, plan, spec), {
    ...values,
    ...packMicroBatch(rows, plan, spec, { crossEntropy: 4 }),
  });

const executor = createOnnxExecutor({ threads: 1 });
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const open = () => Trainer.open({ executor, config, optimizer }, { weights });
afterAll(() => executor.dispose());

describe('mixed inputs', () => {
  it('with no share of anything else have the loss and every gradient of the tokens themselves, to the last bit', () => {
    const [mixed, plain] = [
      run(
        MIXED,
        rowsWith(() => 0),
      ),
      run(
        CROSS_ENTROPY,
        rowsWith(() => 0),
      ),
    ];
    expect(mixed).toEqual(plain);
  });

  it('have the gradient that finite differences measure, through both tokens', () => {
    const rows = rowsWith((t) => (t > 0 ? 0.3 : 0));
    const name = 'model.embed_tokens.weight';
    const gradient = run(MIXED, rows)[gradientOutput(name)] ?? new Float64Array();
    const direction = gradient.map(() => random.float() - 0.5);
    const lossAt = (step: number): number => {
      const moved = (doubles[name] ?? direction).map((value, i) => value + step * (direction[i] ?? 0));
      return run(MIXED, rows, { ...doubles, [name]: moved })['loss']?.[0] ?? Number.NaN;
    };
    const measured = (lossAt(1e-4) - lossAt(-1e-4)) / 2e-4;
    const derived = gradient.reduce((sum, slope, i) => sum + slope * (direction[i] ?? 0), 0);
    expect(Math.abs(derived)).toBeGreaterThan(1e-3);
    expect(derived).toBeCloseTo(measured, 6);
  });

  it('wholly of other tokens are those tokens, of which the own ones are predicted', async () => {
    const trainer = await open();
    const mixtures = others.map((tokens): InputMixture => ({ tokens, share: new Float32Array(tokens.length).fill(1) }));
    const [mixed, own, other] = [
      await trainer.mixedLogProbs(sequences, 1, mixtures),
      await trainer.logProbs(sequences, 1),
      await trainer.logProbs(others, 1),
    ];
    // The first row differs at tokens 2 and 3: until 2 it is its own, and token 4 follows the other ones.
    for (const t of [1, 2]) expect(mixed[0]?.[t]).toBeCloseTo(own[0]?.[t] ?? Number.NaN, 5);
    expect(mixed[0]?.[4]).toBeCloseTo(other[0]?.[4] ?? Number.NaN, 5);
    expect(Math.abs((mixed[0]?.[4] ?? 0) - (own[0]?.[4] ?? 0))).toBeGreaterThan(1e-3);
    await trainer.dispose();
  });

  it('are asked for with a mixture of every row', () => {
    const [first, ...rest] = rowsWith(() => 0);
    const { mixture: _mixture, ...bare } = first as WeightedTokens;
    expect(() => run(MIXED, [bare, ...rest])).toThrow('needs a mixture of every row');
  });
});

it('guesses are the most probable tokens after those before them', async () => {
  const trainer = await open();
  const guesses = await trainer.guesses(sequences);
  for (const [r, tokens] of sequences.entries()) {
    expect(guesses[r]).toHaveLength(tokens.length);
    expect(guesses[r]?.[0]).toBe(tokens[0]);
    for (let t = 1; t < tokens.length; t++) {
      const candidates = Array.from({ length: config.vocab_size }, (_, v) =>
        Int32Array.of(...tokens.subarray(0, t), v),
      );
      const scores = (await trainer.logProbs(candidates, 1)).map((row) => row[t] ?? Number.NEGATIVE_INFINITY);
      expect(guesses[r]?.[t]).toBe(scores.indexOf(Math.max(...scores)));
    }
  }
  await trainer.dispose();
});
