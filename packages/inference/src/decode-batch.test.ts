import { decoderToOnnx } from '@preheat/checkpoints';
import { describe, expect, it } from 'vitest';
import { batchFeeds, continuationFetches, continueBatch, startBatch } from './decode-batch.js';
import type { GeneratedRow, GenerateOptions } from './generation-types.js';
import { LocalRunner } from './local-runner.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { emissionFetches, readEmission } from './read-emission.js';
import { rowStream, rowUniforms } from './row-uniforms.js';

const PROMPTS = [[1, 4, 7], [1], [1, 9, 9, 3, 5, 10, 2, 6]];
const NEW_TOKENS = 12;
const options: GenerateOptions = { maxNewTokens: NEW_TOKENS, seed: 3, stopIds: [2, 5] };

/** Decodes the prompts in calls of `chunk` tokens, going on even for rows that have stopped. */
async function decode(runner: LocalRunner, chunk: number): Promise<GeneratedRow[][]> {
  const streams = PROMPTS.map((_, row) => rowStream(options.seed, String(row)));
  const fetches = [...emissionFetches(0), ...continuationFetches(TINY_CONFIG)];
  const calls: GeneratedRow[][] = [];
  let batch = startBatch(TINY_CONFIG, PROMPTS);
  for (let start = 0; start < NEW_TOKENS; start += chunk) {
    const uniforms = streams.map((stream) => rowUniforms(stream, start, chunk));
    const result = await runner.run('generate', batchFeeds(TINY_CONFIG, batch, uniforms, options), fetches);
    calls.push(PROMPTS.map((_, row) => readEmission(result, row, PROMPTS.length, new Set(options.stopIds), 0)));
    batch = continueBatch(TINY_CONFIG, batch, result.outputs);
  }
  return calls;
}

describe('a batch continued over several calls', () => {
  it.each([1, 4, 6])(
    'of %i tokens emits what one call emits, and nothing for rows that have stopped',
    async (chunk) => {
      const runner = new LocalRunner(1);
      await runner.load('generate', decoderToOnnx(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), 'generate'), 0);
      const [whole] = (await decode(runner, NEW_TOKENS)) as [GeneratedRow[]];
      const calls = await decode(runner, chunk);
      const stopped = whole.filter(({ finishReason }) => finishReason === 'stop');
      expect(stopped.length).toBeGreaterThan(0);
      expect(Math.min(...stopped.map(({ tokens }) => tokens.length))).toBeLessThan(NEW_TOKENS - chunk);
      whole.forEach((row, index) => {
        const joined = calls.flatMap((rows) => [...(rows[index]?.tokens ?? [])]);
        expect(joined).toEqual([...row.tokens]);
      });
      await runner.close();
    },
  );
});
