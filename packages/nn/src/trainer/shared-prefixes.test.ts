/** Rows that begin alike learn what they would learn apart, whatever of it is computed once. */
import { type DecoderConfig, type DecoderConfigOf, decoderTensors } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { evaluateProgram, gradientOutput, peakBytes } from '@preheat/graph';
import { CounterRandom } from '@preheat/ports';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { LossSpec } from '../loss/loss-spec.js';
import { completionRecord } from '../record/token-record.js';
import { reinforce, type WeightedTokens } from '../record/weighted-tokens.js';
import { packMicroBatch } from './pack-micro-batch.js';
import { computedTokens, type MicroBatchPlan, planMicroBatches, shapeKey } from './plan-micro-batches.js';
import { predictedFrom, sharedStarts } from './shared-starts.js';
import { Trainer } from './trainer.js';
import { buildTrainingProgram } from './training-program.js';

const llama: DecoderConfigOf<'llama'> = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 2,
  max_position_embeddings: 64,
  rope_theta: 100,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const { rope_theta: theta, ...rest } = llama;
const mistral: DecoderConfig = { ...rest, rope_theta: theta, model_type: 'mistral', sliding_window: 6 };
const spec: LossSpec = {
  crossEntropy: false,
  policyGradient: { clipLow: 0.2, clipHigh: 0.3, dualClip: 0, temperature: 0.7, klBeta: 0, entropyBonus: 0.01 },
};
const denominators = { policyGradient: 20 };
const random = CounterRandom.fromSeed('shared prefixes');
const tokensOf = (length: number) => Int32Array.from({ length }, () => random.int(llama.vocab_size));

function answer(prompt: Int32Array, length: number): WeightedTokens {
  const logProbs = Float32Array.from({ length }, () => -2.4 + 0.2 * random.float());
  const sample = { prompt, tokens: tokensOf(length), logProbs, policyVersion: 0 };
  return reinforce(completionRecord(sample, random.float() - 0.5));
}

const startsOf = (batch: readonly WeightedTokens[]) => sharedStarts(batch.map(predictedFrom));

/** Prompts of several lengths, one without a token to spare, with different numbers of answers. */
const rows = [
  [9, [3, 7, 5, 2]],
  [12, [6, 1]],
  [1, [4, 4]],
  [5, [8]],
].flatMap(([prompt, answers]) => {
  const tokens = tokensOf(prompt as number);
  return (answers as number[]).map((length) => answer(tokens, length));
});

describe('rows that begin alike', () => {
  it('are those of one prompt, up to its last token, which predicts the answer', () => {
    expect(startsOf(rows)).toEqual([
      { rows: [0, 1, 2, 3], length: 8 },
      { rows: [4, 5], length: 11 },
      { rows: [6, 7], length: 0 },
      { rows: [8], length: 4 },
    ]);
  });

  it('leave a row that learns nothing its last prediction', () => {
    expect(startsOf([{ tokens: tokensOf(5) }, { tokens: tokensOf(2) }])).toEqual([
      { rows: [0], length: 3 },
      { rows: [1], length: 0 },
    ]);
  });
});

describe('a program over shared prefixes', () => {
  const weightsOf = (config: DecoderConfig) =>
    Object.fromEntries(
      decoderTensors(config).map(({ name, shape }) => {
        const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5);
        return [name, shape.length === 1 ? data.map((x) => 1 + 0.4 * x) : data];
      }),
    );
  const whole: MicroBatchPlan = { rows: rows.map((_, i) => i), batch: 16, length: 24 };
  const shared: MicroBatchPlan = {
    ...whole,
    length: 8,
    prefixes: { count: 4, length: 12, lengths: [8, 11, 0, 4], places: [0, 1, 2, 3, 4, 5, 8, 9, 12] },
  };

  it.each([
    ['llama', llama, false],
    ['llama, computed again in the backward pass', llama, true],
    ['mistral with a window shorter than a prefix', mistral, false],
  ] as const)('has the loss and the gradients of whole rows in float64: %s', (_, config, recomputes) => {
    const weights = weightsOf(config);
    const [apart, together] = [whole, shared].map((plan) => {
      const program = buildTrainingProgram({ config, lora: null, recomputes }, plan, spec);
      return evaluateProgram(program, { ...weights, ...packMicroBatch(rows, plan, spec, denominators) });
    });
    // Tables of rotary positions are float32, and prefixes are turned as if they began later.
    for (const name of ['loss', 'clipped', 'kl', 'entropy', 'logProbMismatch']) {
      const [x = Number.NaN, y = Number.NaN] = [apart?.[name]?.[0], together?.[name]?.[0]];
      expect(Math.abs(x - y), name).toBeLessThan(1e-7 * Math.max(1, Math.abs(x)));
    }
    for (const { name } of decoderTensors(config)) {
      const [x, y] = [apart?.[gradientOutput(name)], together?.[gradientOutput(name)]];
      const norm = Math.hypot(...(x ?? [Number.NaN]));
      expect(Math.hypot(...(x ?? []).map((value, i) => value - (y?.[i] ?? Number.NaN))) / norm, name).toBeLessThan(
        1e-6,
      );
    }
  });
});

describe('a plan with shared prefixes', () => {
  const limits = { maxTokens: 256, overheadTokens: 32, sharesPrefixes: true };
  const lengthsOf = (batch: readonly WeightedTokens[]) => batch.map(({ tokens }) => tokens.length - 1);

  it('has every row once, after its own prefix and in a place of its own, with room for both', () => {
    const group = fc.tuple(
      fc.integer({ min: 1, max: 90 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }),
    );
    const groups = fc.array(group, { minLength: 1, maxLength: 8 });
    let sharing = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), groups, (least, drawn) => {
        const batch = drawn.flatMap(([prompt, more]) => {
          const tokens = tokensOf(prompt);
          return more.map((length) => answer(tokens, least + length));
        });
        const plans = planMicroBatches(lengthsOf(batch), limits, startsOf(batch));
        expect(plans.flatMap((plan) => plan.rows).sort((a, b) => a - b)).toEqual([...batch.keys()]);
        for (const { rows: own, batch: count, length, prefixes } of plans) {
          if (!prefixes) continue;
          sharing++;
          expect(new Set(prefixes.places).size).toBe(own.length);
          own.forEach((row, i) => {
            const [place = -1, { tokens } = { tokens: new Int32Array() }] = [prefixes.places[i], batch[row]];
            const prefix = Math.floor((place * prefixes.count) / count);
            const taken = prefixes.lengths[prefix] ?? Number.NaN;
            const first = batch[own[prefixes.places.indexOf((prefix * count) / prefixes.count)] ?? -1];
            expect(first?.tokens.subarray(0, taken)).toEqual(tokens.subarray(0, taken));
            expect(taken).toBeLessThanOrEqual(prefixes.length);
            expect(tokens.length - 1 - taken).toBeLessThanOrEqual(length);
          });
        }
      }),
    );
    expect(sharing).toBeGreaterThan(30);
  });

  const prompts = (count: number, prompt: number, answers: readonly number[]) =>
    Array.from({ length: count }, () => tokensOf(prompt)).flatMap((tokens) =>
      answers.map((length) => answer(tokens, length)),
    );
  const tokensComputed = (batch: readonly WeightedTokens[], maxTokens: number, sharesPrefixes: boolean) =>
    planMicroBatches(
      lengthsOf(batch),
      { maxTokens, overheadTokens: maxTokens / 8, sharesPrefixes },
      startsOf(batch),
    ).reduce((sum, plan) => sum + computedTokens(plan), 0);

  it('computes the prompts of a reinforcement step once for its answers', () => {
    const even = prompts(32, 17, new Array<number>(8).fill(48));
    // Whole rows: 256 × 64; prompts once: 32 × 16 + 256 × 48.
    expect([tokensComputed(even, 1024, false), tokensComputed(even, 1024, true)]).toEqual([16_384, 12_800]);
    // Of long prompts as many as cost hardly more than one row.
    const long = prompts(4, 1025, new Array<number>(8).fill(64));
    expect(tokensComputed(long, 1024, true)).toBeLessThan(0.55 * tokensComputed(long, 1024, false));
    expect(tokensComputed(long, 4096, true)).toBeLessThan(0.2 * tokensComputed(long, 4096, false));
  });

  it.each([
    ['many short answers to a long prompt', [500, new Array<number>(64).fill(8)]],
    ['a prompt longer than a micro-batch', [1500, new Array<number>(8).fill(64)]],
    ['a short prompt', [17, new Array<number>(8).fill(48)]],
    ['answers of many lengths', [200, [300, 200, 100, 90, 80, 60, 20, 10]]],
  ] as const)('takes hardly more memory than whole rows do: %s', (_, [prompt, answers]) => {
    const batch = prompts(2, prompt, answers);
    const model = { config: { ...llama, hidden_size: 64, intermediate_size: 176, head_dim: 16 }, lora: null };
    const wide = { ...model, config: { ...model.config, num_key_value_heads: 4, vocab_size: 64 } };
    const peaks = [false, true].map((sharesPrefixes) => {
      const within = { maxTokens: 1024, overheadTokens: 128, sharesPrefixes };
      const plans = planMicroBatches(lengthsOf(batch), within, startsOf(batch));
      const shapes = new Map(plans.map((plan) => [shapeKey(plan), plan]));
      return Math.max(...[...shapes.values()].map((plan) => peakBytes(buildTrainingProgram(wide, plan, spec))));
    });
    expect((peaks[1] ?? Number.NaN) / (peaks[0] ?? Number.NaN)).toBeLessThan(1.25);
  });

  it('has one length of prefixes, few of rows, and as many of both as there is room for: every shape is compiled', () => {
    const batch = Array.from({ length: 16 }, (_, i) => prompts(1, 150 + i, [40, 42, 44, 46, 47, 48, 45, 43])).flat();
    const plans = planMicroBatches(
      lengthsOf(batch),
      { maxTokens: 1024, overheadTokens: 128, sharesPrefixes: true },
      startsOf(batch),
    );
    expect(new Set(plans.map(shapeKey))).toEqual(new Set(['8×48 after 1×192']));
  });

  it('leaves rows whole where that is as soon done', () => {
    for (const batch of [prompts(32, 2, [40, 60, 50]), prompts(32, 30, [20]), prompts(16, 8, [2, 90, 10, 44])])
      expect(planMicroBatches(lengthsOf(batch), limits, startsOf(batch)).some(({ prefixes }) => prefixes)).toBe(false);
  });
});

const furthest = ([a = [], b = []]: readonly number[][]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? Number.NaN))));

describe('a trainer that shares prefixes', () => {
  const executor = createOnnxExecutor({ threads: 1 });
  afterAll(() => executor.dispose());

  it('takes the step of one that does not, on fewer tokens, and prepares for it', async () => {
    const weights = new Map(
      decoderTensors(llama).map(({ name, shape }) => {
        const data = Float32Array.from(
          { length: shape.reduce((a, b) => a * b, 1) },
          () => 0.4 * (random.float() - 0.5),
        );
        return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + x) : data }];
      }),
    );
    const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
    const batch = [tokensOf(25), tokensOf(22)].flatMap((prompt) =>
      [6, 8, 7, 5, 8, 8, 3, 4].map((length) => answer(prompt, length)),
    );
    const reports = [];
    const scores: number[][] = [];
    const asked = { firsts: batch.map((row) => predictedFrom(row).first) };
    const after: number[][] = [];
    for (const sharesPrefixes of [false, true]) {
      const limits = { maxTokens: 128, overheadTokens: 16, sharesPrefixes };
      const trainer = await Trainer.open({ executor, config: llama, optimizer, limits }, { weights });
      scores.push(
        (
          await trainer.logProbs(
            batch.map(({ tokens }) => tokens),
            0.7,
            asked,
          )
        ).flatMap((row) => [...row]),
      );
      await trainer.prepare(batch, spec);
      reports.push(await trainer.step(batch, { spec, denominators, learningRate: 0.01 }));
      after.push([...(await trainer.weights()).values()].flatMap(({ data }) => [...data]));
      await trainer.dispose();
    }
    const [apart, shared] = reports;
    expect(shared?.paddedTokens).toBeLessThan(0.8 * (apart?.paddedTokens ?? 0));
    expect(shared?.loss).toBeCloseTo(apart?.loss ?? Number.NaN, 6);
    expect((shared?.gradientNorm ?? 0) / (apart?.gradientNorm ?? 0)).toBeCloseTo(1, 5);
    expect(furthest(after)).toBeLessThan(1e-4);
    expect(furthest(scores)).toBeLessThan(1e-5);
  });
});
