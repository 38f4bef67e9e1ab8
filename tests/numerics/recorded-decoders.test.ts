/**
 * Families of decoders against numbers that transformers and torch once gave (`tests/parity/decoders.py record`), so that
 * a machine without Python still checks their arithmetic: logits in training and serving, loss, every gradient.
 */
import { readFileSync } from 'node:fs';
import { readHuggingFaceConfig } from '@preheat/checkpoints';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { DecoderSession } from '@preheat/inference';
import { afterAll, describe, expect, it } from 'vitest';
import { filled, filledTensors } from './filled-tensors.js';
import { servedLogits } from './served-logits.js';
import { trainedDecoder } from './trained-decoder.js';

interface Recorded {
  readonly config: Record<string, unknown>;
  readonly tokens: number[];
  readonly loss: number;
  readonly logits: number[][];
  /** The product of each tensor's gradient with `filled('probe <name>')`. */
  readonly gradientProbes: Record<string, number>;
}

const file = new URL('./recorded/decoders.json', import.meta.url);
const recorded = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Recorded>);
const executor = createOnnxExecutor({ threads: 1 });
afterAll(() => executor.dispose());

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, x] of expected.entries()) expect(Math.abs((actual[i] as number) - x)).toBeLessThan(tolerance);
}

describe.each(recorded)('%s', (_, { config: given, tokens, loss, logits, gradientProbes }) => {
  const read = readHuggingFaceConfig(given);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const config = read.value;
  const tensors = filledTensors(config);

  it('has the recorded logits, loss and gradients in training', async () => {
    const trained = await trainedDecoder(executor, config, tensors, [tokens]);
    expectClose(trained.logits_NV, logits.flat(), 1e-4);
    expect(Math.abs(trained.loss - loss)).toBeLessThan(1e-5);
    expect([...trained.gradients.keys()].sort()).toEqual(Object.keys(gradientProbes).sort());
    for (const [name, gradient] of trained.gradients) {
      const probe = filled(`probe ${name}`, gradient.length);
      const product = gradient.reduce((sum, x, i) => sum + x * (probe[i] ?? 0), 0);
      const scale = Math.hypot(...gradient);
      expect(Math.abs(product - (gradientProbes[name] ?? Number.NaN)), name).toBeLessThan(1e-3 * scale);
    }
  });

  it('has the recorded logits in serving', async () => {
    expectClose(await servedLogits(config, tensors, [tokens]), logits.flat(), 1e-4);
  });

  it('decodes, past its window and beside a shorter row, what scoring finds most likely', async () => {
    const decoder = await DecoderSession.create(config, tensors);
    const prompts = [tokens.slice(0, 5), tokens.slice(0, 2)];
    const requests = prompts.map((prompt, row) => ({ tokens: prompt, key: String(row) }));
    const rows = await decoder.generate(requests, { maxNewTokens: 8, temperature: 0, seed: 0, stopIds: [] });
    for (const [row, { tokens: made, logProbs }] of rows.entries()) {
      const all = [...(prompts[row] ?? []), ...made];
      const from = all.length - made.length;
      const scores = await servedLogits(config, tensors, [all]);
      const best = [...made].map((_token, i) => {
        const start = (from + i - 1) * config.vocab_size;
        const values = [...scores.subarray(start, start + config.vocab_size)];
        return values.indexOf(Math.max(...values));
      });
      expect([...made]).toEqual(best);
      const [scored] = await decoder.score([{ tokens: all, from }]);
      expectClose(logProbs, [...(scored?.logProbs ?? [])], 1e-4);
    }
    await decoder.close();
  });
});
