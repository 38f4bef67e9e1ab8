import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { evaluateProgram, gradientOutput, type Program } from '@preheat/graph';
import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { CROSS_ENTROPY, type LossSpec } from '../loss/loss-spec.js';
import { completionRecord, demonstrationRecord } from '../record/token-record.js';
import { imitate, reinforce, type WeightedTokens } from '../record/weighted-tokens.js';
import { type Denominators, packMicroBatch } from './pack-micro-batch.js';
import { buildErrorNormProgram, buildScoringProgram, buildTrainingProgram } from './training-program.js';

const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 7,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 2,
  max_position_embeddings: 32,
  rope_theta: 100,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};

/** Larger than fresh weights, so that no gradient is too small to check. */
function weightsOf(model: DecoderConfig): Record<string, Float64Array> {
  const random = CounterRandom.fromSeed('weights');
  return Object.fromEntries(
    decoderTensors(model).map(({ name, shape }) => {
      const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5);
      return [name, shape.length === 1 ? data.map((x) => 1 + 0.4 * x) : data];
    }),
  );
}

const rows: WeightedTokens[] = [
  imitate(demonstrationRecord(Int32Array.of(2, 3, 4, 5, 1), Uint8Array.of(0, 0, 1, 1, 1))),
  imitate(demonstrationRecord(Int32Array.of(6, 2, 1), Uint8Array.of(0, 1, 1))),
];
const plan = { rows: [0, 1], batch: 2, length: 8 };

function run(
  program: Program,
  weights: Record<string, Float64Array>,
  batch: WeightedTokens[],
  spec = CROSS_ENTROPY,
  denominators: Denominators = { crossEntropy: 5, policyGradient: 5 },
) {
  return evaluateProgram(program, { ...weights, ...packMicroBatch(batch, plan, spec, denominators) });
}

function worstDifference(a: Record<string, Float64Array>, b: Record<string, Float64Array>): number {
  return Math.max(
    ...decoderTensors(config).map(({ name }) => {
      const [x, y] = [a[gradientOutput(name)], b[gradientOutput(name)]];
      if (!x || !y) throw new Error(`no gradient of ${name}`);
      return Math.max(...x.map((value, i) => Math.abs(value - (y[i] ?? Number.NaN))));
    }),
  );
}

describe.each([false, true])('the decoder with tied embeddings: %s', (tied) => {
  it('has the gradient that finite differences of the loss measure, in every tensor', () => {
    const model = { ...config, tie_word_embeddings: tied };
    const weights = weightsOf(model);
    const program = buildTrainingProgram({ config: model, lora: null }, plan, CROSS_ENTROPY);
    const found = run(program, weights, rows);
    const random = CounterRandom.fromSeed('directions');
    for (const { name } of decoderTensors(model)) {
      const [values, gradient] = [weights[name], found[gradientOutput(name)]];
      if (!values || !gradient) throw new Error(`no tensor ${name}`);
      const direction = values.map(() => random.float() - 0.5);
      const lossAt = (step: number): number => {
        const moved = values.map((value, i) => value + step * (direction[i] ?? 0));
        return run(program, { ...weights, [name]: moved }, rows)['loss']?.[0] ?? Number.NaN;
      };
      const measured = (lossAt(1e-4) - lossAt(-1e-4)) / 2e-4;
      const derived = gradient.reduce((sum, slope, i) => sum + slope * (direction[i] ?? 0), 0);
      expect(Math.abs(derived - measured), name).toBeLessThan(1e-6 * (1 + Math.abs(measured)));
    }
  });
});

it('a program that computes layers again has the same gradients, from one more forward pass of every layer', () => {
  const weights = weightsOf(config);
  const [kept, again] = [false, true].map((recomputes) =>
    buildTrainingProgram({ config, lora: null, recomputes }, plan, CROSS_ENTROPY),
  ) as [Program, Program];
  expect(worstDifference(run(kept, weights, rows), run(again, weights, rows))).toBeLessThan(1e-12);
  const softmaxes = ({ nodes }: Program) => nodes.filter(({ primitive }) => primitive === 'softmax').length;
  expect(softmaxes(again) - softmaxes(kept)).toBe(config.num_hidden_layers);
});

it('an adapter whose layers are computed again has no more products than that: frozen weights get no gradient', () => {
  const settings = { dropout: 0, rankPattern: {}, alphaPattern: {}, modulesToSave: [], baseModel: null };
  const lora = { rank: 2, alpha: 4, usesRankStabilizedScale: false, targetModules: ['q_proj'], ...settings };
  const products = (recomputes: boolean) =>
    buildTrainingProgram({ config, lora, recomputes }, plan, CROSS_ENTROPY).nodes.filter(
      ({ primitive }) => primitive === 'matmul',
    ).length;
  // Seven projections, two products of attention and two of the adapter, at the most.
  expect(products(true) - products(false)).toBeLessThanOrEqual(11 * config.num_hidden_layers);
});

describe('training programs', () => {
  const weights = weightsOf(config);
  const program = buildTrainingProgram({ config, lora: null }, plan, CROSS_ENTROPY);

  it('add up over micro-batches to the whole batch, gradients included', () => {
    const whole = run(program, weights, rows);
    const parts = rows.map((row) => run(program, weights, [row]));
    const sum = Object.fromEntries(
      Object.keys(whole).map((name) => {
        const total = whole[name]?.map((_, i) => parts.reduce((t, part) => t + (part[name]?.[i] ?? Number.NaN), 0));
        return [name, total ?? new Float64Array()];
      }),
    );
    expect(sum['loss']?.[0]).toBeCloseTo(whole['loss']?.[0] ?? Number.NaN, 10);
    expect(worstDifference(whole, sum)).toBeLessThan(1e-6);
  });

  it('average over the trained tokens of the whole batch, whatever the lengths of its rows', () => {
    const scores = evaluateProgram(buildScoringProgram({ config, lora: null }, plan, 1), {
      ...weights,
      ...packMicroBatch(rows, plan, CROSS_ENTROPY, {}),
    });
    const trained = [1, 2, 3, 8, 9].map((position) => scores['logProbs']?.[position] ?? Number.NaN);
    const mean = trained.reduce((sum, logProb) => sum - logProb, 0) / 5;
    expect(run(program, weights, rows)['loss']?.[0]).toBeCloseTo(mean, 6);
  });

  it('are not moved by a token that is masked', () => {
    const changed = rows.map(({ tokens, crossEntropy = new Float32Array() }, i) => {
      const swapped = tokens.slice();
      const weight = crossEntropy.slice();
      if (i === 0) weight[4] = 0;
      if (i === 0) swapped[4] = 6;
      return { tokens: swapped, crossEntropy: weight };
    });
    const masked = changed.map(({ tokens, crossEntropy }, i) => ({ tokens: rows[i]?.tokens ?? tokens, crossEntropy }));
    expect(worstDifference(run(program, weights, changed), run(program, weights, masked))).toBe(0);
  });

  it('give on-policy samples of advantage 1 the gradient of imitation', () => {
    const spec: LossSpec = {
      crossEntropy: false,
      policyGradient: { clipLow: 0.2, clipHigh: 0.2, dualClip: 0, temperature: 1, klBeta: 0, entropyBonus: 0 },
    };
    const scores = evaluateProgram(buildScoringProgram({ config, lora: null }, plan, 1), {
      ...weights,
      ...packMicroBatch(rows, plan, CROSS_ENTROPY, {}),
    });
    const logProbs = scores['logProbs'] ?? new Float64Array();
    const sample = (prompt: Int32Array, tokens: Int32Array, start: number): WeightedTokens => {
      const at = start + prompt.length - 1;
      const drawn = Float32Array.from(logProbs.slice(at, at + tokens.length));
      return reinforce(completionRecord({ prompt, tokens, logProbs: drawn, policyVersion: 0 }, 1));
    };
    const samples = [
      sample(Int32Array.of(2, 3), Int32Array.of(4, 5, 1), 0),
      sample(Int32Array.of(6), Int32Array.of(2, 1), plan.length),
    ];
    const policy = run(buildTrainingProgram({ config, lora: null }, plan, spec), weights, samples, spec);
    expect(policy['logProbMismatch']?.[0]).toBeLessThan(1e-6);
    // Log-probabilities as sampled are float32, which bounds how near the ratio is to 1.
    expect(worstDifference(policy, run(program, weights, rows))).toBeLessThan(1e-6);
  });
});

describe('error norms', () => {
  const model = { config, lora: null };
  const feeds = packMicroBatch(rows, plan, CROSS_ENTROPY, {});

  it('are those of a uniform guess where the model knows nothing: √((6/7)² + 6/49)', () => {
    const nothing = Object.fromEntries(
      Object.entries(weightsOf(config)).map(([name, data]) => [name, data.map(() => 0)]),
    );
    const { errorNorms } = evaluateProgram(buildErrorNormProgram(model, plan), { ...nothing, ...feeds });
    for (const norm of errorNorms ?? []) expect(norm).toBeCloseTo(Math.sqrt(42) / 7, 12);
  });

  it('are the distance of the probabilities of all tokens from the one that came', () => {
    const weights = weightsOf(config);
    const { errorNorms } = evaluateProgram(buildErrorNormProgram(model, plan), { ...weights, ...feeds });
    const targets = Array.from(feeds['targets'] ?? []);
    const scoring = buildScoringProgram(model, plan, 1);
    const squares = targets.map(() => 0);
    for (let token = 0; token < config.vocab_size; token++) {
      const asked = { ...weights, ...feeds, targets: Int32Array.from(targets, () => token) };
      evaluateProgram(scoring, asked)['logProbs']?.forEach((logProb, position) => {
        const error = Math.exp(logProb) - (targets[position] === token ? 1 : 0);
        squares[position] = (squares[position] ?? 0) + error ** 2;
      });
    }
    errorNorms?.forEach((norm, position) => expect(norm).toBeCloseTo(Math.sqrt(squares[position] ?? 0), 9));
    expect(errorNorms).toHaveLength(16);
  });
});
