/**
 * Supervised training throughput of the product: the trainer on the executor that a runner opens. Prints one JSON line.
 * Rows have exactly `--seq` tokens, all of them trained, as in the peers; tokens are counted as the peers count them.
 */
import { parseArgs } from 'node:util';
import { CROSS_ENTROPY, demonstrationRecord, imitate, Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { openExecutor } from './open-executor.js';
import { openModel } from './open-model.js';
import { median } from '../statistics.js';
import { report, timeSteps, total } from './timing.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '32' },
    seq: { type: 'string', default: '64' },
    steps: { type: 'string', default: '40' },
    warmup: { type: 'string', default: '5' },
    executor: { type: 'string', default: 'onnx' },
  },
});
const [batch, seq, steps, warmup] = [values.batch, values.seq, values.steps, values.warmup].map(Number) as [
  number,
  number,
  number,
  number,
];
/** The first ids are control tokens. */
const FIRST_TOKEN = 4;
const LEARNING_RATE = 1e-3;

const { config, tensors } = openModel(String(values.model));
const executor = await openExecutor(values.executor === 'tfjs' ? 'tfjs' : 'onnx');
const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const trainer = await Trainer.open({ executor, config, optimizer }, { weights: tensors });
const random = CounterRandom.fromSeed('bench rows');
const trained = new Uint8Array(seq).fill(1);
const row = (): Int32Array =>
  Int32Array.from({ length: seq }, () => FIRST_TOKEN + random.int(config.vocab_size - FIRST_TOKEN));
const batches = Array.from({ length: warmup + steps }, () =>
  Array.from({ length: batch }, () => imitate(demonstrationRecord(row(), trained))),
);

/** Of one token forward and backward: six a weight in a product, and attention over the whole square. */
function flopsPerToken(): number {
  const { hidden_size: width, num_hidden_layers: layers, num_attention_heads: heads, head_dim: size } = config;
  const products = [...tensors.values()].flatMap(({ shape: [rows = 0, columns] }) => (columns ? rows * columns : []));
  const head = config.tie_word_embeddings ? 0 : config.vocab_size * width;
  return 6 * (total(products) - head) + 12 * layers * seq * heads * size;
}

let loss = Number.NaN;
let padded = 0;
const request = {
  spec: CROSS_ENTROPY,
  denominators: { crossEntropy: batch * (seq - 1) },
  learningRate: LEARNING_RATE,
};
const seconds = await timeSteps({ steps, warmup }, async (step) => {
  const result = await trainer.step(batches[step] ?? [], request);
  loss = result.loss;
  padded = result.paddedTokens;
});
report({
  tokens_per_s: (batch * seq * steps) / total(seconds),
  median_step_ms: 1000 * median(seconds),
  padded_tokens: padded,
  gflops: (flopsPerToken() * batch * seq * steps) / total(seconds) / 1e9,
  loss,
  detail: executor.detail,
});
await trainer.dispose();
await executor.dispose();
