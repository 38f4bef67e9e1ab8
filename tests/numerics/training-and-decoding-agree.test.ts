/**
 * The decoder is written twice: over the graph for training, as ONNX for serving. Reinforcement learning divides the
 * probabilities of one by those of the other, so they must be the same model to rounding, whatever its shape.
 */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { DecoderSession } from '@preheat/inference';
import { Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { afterAll, describe, expect, it } from 'vitest';

const base: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 23,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 8,
  max_position_embeddings: 32,
  rope_theta: 500,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 2,
  pad_token_id: 0,
};
const shapes: [string, DecoderConfig][] = [
  ['tied, one key head a query head', base],
  ['untied, grouped queries', { ...base, tie_word_embeddings: false, num_key_value_heads: 2 }],
  ['one key head, heads wider than the model', { ...base, num_key_value_heads: 1, head_dim: 16 }],
];

const executor = createOnnxExecutor({ threads: 1 });
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
afterAll(() => executor.dispose());

/** Far from uniform predictions: fresh weights would agree even if half of the model were missing. */
function peakedWeights(config: DecoderConfig): TensorMap {
  const random = CounterRandom.fromSeed('parity');
  return new Map(
    decoderTensors(config).map(({ name, shape }): [string, Tensor] => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5);
      return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + x) : data }];
    }),
  );
}

describe.each(shapes)('a decoder that is %s', (_, config) => {
  const weights = peakedWeights(config);
  const random = CounterRandom.fromSeed('rows');
  const rows = [2, 7, 8, 9, 17, 32].map((length) => Int32Array.from({ length }, () => random.int(config.vocab_size)));

  it.each([1, 0.6])(
    'gives the same log-probabilities in training and in serving at temperature %f',
    async (temperature) => {
      const trainer = await Trainer.open({ executor, config, optimizer }, { weights });
      const decoder = await DecoderSession.create(config, weights);
      const trained = await trainer.logProbs(rows, temperature);
      const served = await decoder.score(
        rows.map((tokens) => ({ tokens, from: 1 })),
        { temperature },
      );
      const spread = Math.max(...trained.flatMap((row) => [...row])) - Math.min(...trained.flatMap((row) => [...row]));
      expect(spread).toBeGreaterThan(2);
      rows.forEach((_row, r) => {
        trained[r]?.subarray(1).forEach((logProb, t) => {
          expect(Math.abs(logProb - (served[r]?.logProbs[t] ?? Number.NaN))).toBeLessThan(2e-5);
        });
      });
      await decoder.close();
      await trainer.dispose();
    },
  );
});

it('a row that serving scores in parts has the log-probabilities of training, beside its most probable tokens', async () => {
  const config = { ...base, max_position_embeddings: 2400 };
  const weights = peakedWeights(config);
  const random = CounterRandom.fromSeed('long');
  // More attention scores than one call of serving computes.
  const rows = [2400, 300].map((length) => Int32Array.from({ length }, () => random.int(config.vocab_size)));
  const trainer = await Trainer.open({ executor, config, optimizer }, { weights });
  const decoder = await DecoderSession.create(config, weights);
  const trained = await trainer.logProbs(rows, 1);
  const served = await decoder.score(
    rows.map((tokens) => ({ tokens, from: 1 })),
    { topLogProbs: 1 },
  );
  for (const [index, row] of trained.entries()) {
    const { alternatives = [] } = served[index] ?? {};
    expect(alternatives).toHaveLength(row.length - 1);
    for (const [place, { logProb, top }] of alternatives.entries()) {
      expect(Math.abs((row[place + 1] as number) - logProb)).toBeLessThan(1e-4);
      expect(top[0]?.logProb).toBeGreaterThanOrEqual(logProb);
    }
  }
  await decoder.close();
  await trainer.dispose();
});
