/**
 * Sampling throughput of the product: one worker thread a core, as a runner opens its rollouts. Prints one JSON line.
 * Prompts are the peers' (token(i, j) = 4 + (7919·i + 104729·j + 13·i·j) mod (V − 4)); every row makes exactly `--new` tokens.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { DecoderPool } from '@preheat/inference';
import { openModel } from './open-model.js';
import { median } from '../statistics.js';
import { report, timeSteps } from './timing.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '64' },
    prompt: { type: 'string', default: '16' },
    new: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '5' },
  },
});
const [batch, prompt, maxNewTokens, rounds] = [values.batch, values.prompt, values.new, values.rounds].map(Number) as [
  number,
  number,
  number,
  number,
];
const { config, tensors } = openModel(String(values.model));
const decoder = await DecoderPool.create(config, tensors, { workers: availableParallelism() });
const vocabulary = config.vocab_size - 4;
const requests = Array.from({ length: batch }, (_, i) => ({
  key: String(i),
  tokens: Int32Array.from({ length: prompt }, (__, j) => 4 + ((7919 * i + 104_729 * j + 13 * i * j) % vocabulary)),
}));

let tokens = 0;
const seconds = await timeSteps({ steps: rounds, warmup: 1 }, async (seed) => {
  const rows = await decoder.generate(requests, { maxNewTokens, temperature: 1, seed, stopIds: [] });
  tokens = rows.reduce((sum, row) => sum + row.tokens.length, 0);
});
if (tokens !== batch * maxNewTokens) throw new Error(`made ${tokens} tokens, not ${batch * maxNewTokens}`);
report({
  tokens_per_s: tokens / median(seconds),
  best_tokens_per_s: tokens / Math.min(...seconds),
  median_s: median(seconds),
});
await decoder.close();
