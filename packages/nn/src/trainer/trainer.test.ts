import type { TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, type DecoderConfigOf, decoderTensors } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { CounterRandom } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';
import { CROSS_ENTROPY, type LossSpec, PER_TOKEN } from '../loss/loss-spec.js';
import { completionRecord, demonstrationRecord, trainedTokens } from '../record/token-record.js';
import { imitate, reinforce, type WeightedTokens } from '../record/weighted-tokens.js';
import { toTensorMap } from './tensors-named.js';
import { Trainer, type TrainerOptions } from './trainer.js';

const config: DecoderConfigOf<'llama'> = {
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
const executor = createOnnxExecutor({ threads: 1 });
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
const wide: TrainerOptions = { executor, config, optimizer, limits: { maxTokens: 4096, overheadTokens: 1e9 } };
const narrow: TrainerOptions = { executor, config, optimizer, limits: { maxTokens: 16, overheadTokens: 0 } };

const random = CounterRandom.fromSeed('trainer');
const randomWeights = (of: DecoderConfig): TensorMap =>
  new Map(
    decoderTensors(of).map(({ name, shape }) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.4 * (random.float() - 0.5));
      return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + x) : data }];
    }),
  );
const weights = randomWeights(config);
const tokensOf = (length: number) => Int32Array.from({ length }, () => random.int(config.vocab_size));
const records = Array.from({ length: 9 }, (_, i) => {
  const tokens = tokensOf(3 + ((i * 5) % 14));
  return demonstrationRecord(
    tokens,
    Uint8Array.from(tokens, (_token, t) => (t > 1 ? 1 : 0)),
  );
});
const batch = records.map(imitate);
const request = {
  spec: CROSS_ENTROPY,
  denominators: { crossEntropy: records.reduce((sum, record) => sum + trainedTokens(record), 0) },
  learningRate: 0.01,
};
const CLIPPED = { clipLow: 0.2, clipHigh: 0.3, dualClip: 0, temperature: 1, klBeta: 0, entropyBonus: 0 };
const policy: LossSpec = { crossEntropy: false, policyGradient: CLIPPED };

afterAll(() => executor.dispose());

async function weightsAfter(options: TrainerOptions, rows: readonly WeightedTokens[]): Promise<Float32Array> {
  const trainer = await Trainer.open(options, { weights });
  await trainer.step(rows, request);
  const tensors = [...(await trainer.weights()).values()].flatMap(({ data }) => [...data]);
  await trainer.dispose();
  return Float32Array.from(tensors);
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (b[i] ?? Number.NaN))), 0);

describe('Trainer', () => {
  it('measures the same loss and gradient in many micro-batches as in one', async () => {
    const [one, many] = await Promise.all([Trainer.open(wide, { weights }), Trainer.open(narrow, { weights })]);
    const [whole, cut] = [await one.step(batch, request), await many.step(batch, request)];
    expect(cut.loss).toBeCloseTo(whole.loss, 6);
    expect(Math.abs(cut.gradientNorm - whole.gradientNorm) / whole.gradientNorm).toBeLessThan(1e-6);
    expect([cut.correct, cut.applied, cut.trainedRows]).toEqual([whole.correct, true, 9]);
    await Promise.all([one.dispose(), many.dispose()]);
  });

  it('takes the same step whatever the order of the rows', async () => {
    const [forward, backward] = [await weightsAfter(wide, batch), await weightsAfter(wide, batch.toReversed())];
    expect(largestDifference(forward, backward)).toBeLessThan(1e-5);
  });

  it('lowers the loss of a batch it is trained on', async () => {
    const trainer = await Trainer.open(wide, { weights });
    const first = await trainer.step(batch, request);
    for (let step = 0; step < 30; step++) await trainer.step(batch, request);
    const { loss } = await trainer.evaluate(batch, request.spec, request.denominators);
    expect(loss).toBeLessThan(first.loss / 2);
    await trainer.dispose();
  });

  it('continues bit for bit from what it read', async () => {
    const trainer = await Trainer.open(wide, { weights });
    await trainer.step(batch, request);
    const { parameters, ...moments } = await trainer.read();
    const restored = await Trainer.restore(wide, { weights: toTensorMap(config, parameters), ...moments });
    for (const each of [trainer, restored]) await each.step(batch.slice(2), request);
    expect(await restored.read()).toEqual(await trainer.read());
    await Promise.all([trainer.dispose(), restored.dispose()]);
  });

  it('continues bit for bit with its average, and shows that in its place for as long as it is asked to', async () => {
    const averaging = { ...wide, averageDecay: 0.8 };
    const trainer = await Trainer.open(averaging, { weights });
    for (let step = 0; step < 3; step++) await trainer.step(batch, request);
    const { parameters, ...memory } = await trainer.read();
    const restored = await Trainer.restore(averaging, { weights: toTensorMap(config, parameters), ...memory });
    const average = toTensorMap(config, memory.average ?? {});
    const alone = await Trainer.open(wide, { weights: average });
    const lossOf = (each: Trainer) => each.evaluate(batch, request.spec, request.denominators);
    const seen = await restored.withAverage(async () => [await lossOf(restored), await restored.weights()]);
    expect(seen).toEqual([await lossOf(alone), average]);
    expect(await lossOf(restored)).not.toEqual(seen[0]);
    for (const each of [trainer, restored]) await each.step(batch.slice(2), request);
    expect(await restored.read()).toEqual(await trainer.read());
    await Promise.all([trainer.dispose(), restored.dispose(), alone.dispose()]);
  });

  it('takes the same step when layers are computed again in the backward pass', async () => {
    const [kept, again] = [await weightsAfter(wide, batch), await weightsAfter({ ...wide, recomputes: true }, batch)];
    expect(largestDifference(kept, again)).toBeLessThan(1e-6);
  });

  it('shows its weights where it keeps no average', async () => {
    const trainer = await Trainer.open(wide, { weights });
    expect(await trainer.withAverage(() => trainer.weights())).toEqual(weights);
    await trainer.dispose();
  });

  it('scores tokens at a temperature, consistent with the loss', async () => {
    const trainer = await Trainer.open(narrow, { weights });
    const scores = await trainer.logProbs(
      records.map(({ tokens }) => tokens),
      1,
    );
    const total = scores.flatMap((row, r) => [...row].filter((_, t) => records[r]?.trainMask[t] === 1));
    const { loss } = await trainer.evaluate(batch, request.spec, request.denominators);
    expect(-total.reduce((sum, x) => sum + x, 0) / total.length).toBeCloseTo(loss, 5);
    expect(scores.map((row) => row[0])).toEqual(records.map(() => 0));
    await trainer.dispose();
  });

  it('scores and learns each token at its own temperature, as at one where all are equal', async () => {
    const trainer = await Trainer.open(narrow, { weights });
    const sampled = records.map(({ tokens }, i) => {
      const [prompt, written] = [tokens.subarray(0, 2), tokens.subarray(2)];
      const logProbs = new Float32Array(written.length).fill(-2);
      const half = (first: number, second: number) =>
        Float32Array.from(written, (_, t) => (2 * t < written.length ? first : second));
      return (first: number, second: number) => {
        const segments = {
          segment: new Uint8Array(written.length),
          temperature: half(first, second),
          trained: new Uint8Array(written.length).fill(1),
        };
        return completionRecord({ prompt, tokens: written, logProbs, policyVersion: 0, segments }, i % 2 ? 1 : -1);
      };
    });
    const tokens = records.map((record) => record.tokens);
    const scoresAt = (first: number, second: number) => {
      const temperatures = sampled.map((of) => of(first, second).temperature ?? new Float32Array());
      return trainer.logProbs(tokens, temperatures);
    };
    const [cold, hot] = [await trainer.logProbs(tokens, 0.5), await trainer.logProbs(tokens, 2)];
    const mixed = await scoresAt(0.5, 2);
    mixed.forEach((row, r) => {
      const temperatures = sampled[r]?.(0.5, 2).temperature ?? [];
      row.forEach((score, t) => {
        if (t > 1) expect(score).toBeCloseTo((temperatures[t] === 2 ? hot : cold)[r]?.[t] ?? Number.NaN, 5);
      });
    });
    const lossAt = (first: number, second: number, temperature: number | typeof PER_TOKEN) => {
      const spec = { crossEntropy: false, policyGradient: { ...CLIPPED, temperature } };
      return trainer.step(
        sampled.map((of) => reinforce(of(first, second))),
        { spec, denominators: { policyGradient: 50 }, learningRate: 0 },
      );
    };
    const [one, each, two] = [
      await lossAt(0.7, 0.7, 0.7),
      await lossAt(0.7, 0.7, PER_TOKEN),
      await lossAt(0.5, 2, PER_TOKEN),
    ];
    expect(each.loss).toBeCloseTo(one.loss, 6);
    expect(Math.abs(each.gradientNorm / one.gradientNorm - 1)).toBeLessThan(1e-5);
    expect(each.logProbMismatch).toBeCloseTo(one.logProbMismatch, 5);
    const gaps = mixed.flatMap((row) => [...row].flatMap((score, t) => (t > 1 ? [Math.abs(score + 2)] : [])));
    expect(two.logProbMismatch).toBeCloseTo(Math.max(...gaps), 5);
    await trainer.dispose();
  });

  it('refuses a row without temperatures where each token has its own', async () => {
    const trainer = await Trainer.open(narrow, { weights });
    const spec: LossSpec = { crossEntropy: false, policyGradient: { ...CLIPPED, temperature: PER_TOKEN } };
    const sample = { prompt: tokensOf(2), tokens: tokensOf(2), logProbs: new Float32Array(2), policyVersion: 0 };
    const rows = [reinforce(completionRecord(sample, 1))];
    await expect(trainer.step(rows, { ...request, spec })).rejects.toThrow('those of every row');
    await trainer.dispose();
  });

  it('sketches logits: projected by the identity they are themselves, and their products are the Gram matrix', async () => {
    const trainer = await Trainer.open(narrow, { weights });
    const rows = records.map(({ tokens }) => tokens);
    const size = config.vocab_size;
    const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const sketches = await trainer.logitSketches(rows, identity, size);
    const logProbs = await trainer.logProbs(rows, 1);
    for (const [r, { positions, gram_TT, projected_TR }] of sketches.entries()) {
      const tokens = rows[r] ?? new Int32Array();
      expect(positions).toBe(tokens.length - 1);
      const logits = Array.from({ length: positions }, (_, t) => [...projected_TR.subarray(t * size, (t + 1) * size)]);
      for (const [t, row] of logits.entries()) {
        const norm = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
        expect((row[tokens[t + 1] ?? 0] ?? 0) - norm).toBeCloseTo(logProbs[r]?.[t + 1] ?? 0, 5);
        for (const [u, other] of logits.entries()) {
          const product = row.reduce((sum, logit, v) => sum + logit * (other[v] ?? 0), 0);
          expect(gram_TT[t * positions + u]).toBeCloseTo(product, 4);
        }
      }
    }
    await trainer.dispose();
  });

  it('skips rows without an advantage and leaves the others as they were', async () => {
    const trainer = await Trainer.open(wide, { weights });
    const prompts = [tokensOf(3), tokensOf(4)];
    const completions = [tokensOf(4), tokensOf(5)];
    const full = prompts.map((prompt, i) => Int32Array.of(...prompt, ...(completions[i] ?? [])));
    const logProbs = await trainer.logProbs(full, 1);
    const rows = prompts.map((prompt, i) =>
      reinforce(
        completionRecord(
          {
            prompt,
            tokens: completions[i] ?? new Int32Array(),
            logProbs: logProbs[i]?.slice(prompt.length) ?? new Float32Array(),
            policyVersion: 0,
          },
          i,
        ),
      ),
    );
    const denominators = { policyGradient: 9 };
    const report = await trainer.step(rows, { spec: policy, denominators, learningRate: 0 });
    const alone = await trainer.step(rows.slice(1), { spec: policy, denominators, learningRate: 0 });
    expect(report).toEqual(alone);
    expect(report).toMatchObject({ trainedRows: 1, applied: true, clipped: 0 });
    expect(report.logProbMismatch).toBeLessThan(1e-5);
    const nothing = await trainer.step(rows.slice(0, 1), { spec: policy, denominators, learningRate: 1 });
    expect(nothing).toMatchObject({ trainedRows: 0, applied: false, gradientNorm: 0 });
    await trainer.dispose();
  });

  it('refuses weights that do not fit the config', async () => {
    const wrong = new Map([...weights].slice(1));
    await expect(Trainer.open(wide, { weights: wrong })).rejects.toThrow('is missing');
  });

  it('uses learned positions to the last one, whatever shape a row is padded to, and no further', async () => {
    const { rope_theta: _theta, rms_norm_eps: _epsilon, ...sizes } = config;
    const gpt2: DecoderConfig = {
      ...{ ...sizes, model_type: 'gpt2', num_key_value_heads: 2, max_position_embeddings: 18 },
      layer_norm_epsilon: 1e-5,
    };
    const trainer = await Trainer.open({ ...wide, config: gpt2 }, { weights: randomWeights(gpt2) });
    const tokens = tokensOf(19);
    const [whole] = await trainer.logProbs([tokens], 1);
    const [short] = await trainer.logProbs([tokens.subarray(0, 17)], 1);
    expect(largestDifference(whole?.subarray(0, 17) as Float32Array, short as Float32Array)).toBeLessThan(1e-5);
    expect(whole?.every(Number.isFinite)).toBe(true);
    await expect(trainer.logProbs([tokens, tokensOf(20)], 1)).rejects.toThrow('row 1 has 20 tokens; the model has 18');
    await trainer.dispose();
  });
});
