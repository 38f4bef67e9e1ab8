import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecoderPool } from './decoder-pool.js';
import { DecoderSession } from './decoder-session.js';
import type { GenerateOptions } from './generation-types.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { WorkerRunner } from './worker-runner.js';

const OPTIONS: GenerateOptions = { maxNewTokens: 8, seed: 5, stopIds: [2] };
const requests = Array.from({ length: 150 }, (_, row) => ({
  tokens: Array.from({ length: 1 + (row % 7) }, (_unused, index) => (row * 3 + index) % 11),
  key: `row-${row}`,
}));

let pool: DecoderPool;
let single: DecoderSession;

beforeAll(async () => {
  pool = await DecoderPool.create(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), { workers: 2, policyVersion: 1 });
  single = await DecoderSession.create(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), { policyVersion: 1 });
});
afterAll(() => Promise.all([pool.close(), single.close()]));

describe('DecoderPool', () => {
  it('closes the thread that was started ahead where it cannot be made', async () => {
    const without = new Map(randomTensors(TINY_CONFIG, 1));
    without.delete('model.norm.weight');
    for (const [tensors, workers] of [[without, 1] as const, [randomTensors(TINY_CONFIG, 1), 0] as const]) {
      const threadAhead = new WorkerRunner(1);
      await expect(DecoderPool.create(TINY_CONFIG, tensors, { workers, threadAhead })).rejects.toThrow(
        workers === 0 ? RangeError : 'model.norm.weight',
      );
      expect(threadAhead.isUsable).toBe(false);
    }
  });

  it('gives the rows of a single session', async () => {
    const [pooled, alone] = await Promise.all([pool.generate(requests, OPTIONS), single.generate(requests, OPTIONS)]);
    expect(pooled.map(({ tokens, finishReason }) => ({ tokens, finishReason }))).toEqual(
      alone.map(({ tokens, finishReason }) => ({ tokens, finishReason })),
    );
    const rows = requests.map(({ tokens }, row) => ({
      tokens: [...tokens, ...(pooled[row]?.tokens ?? [])],
      from: tokens.length,
    }));
    const scored = await pool.score(rows);
    expect(scored.map(({ logProbs }) => logProbs.length)).toEqual(pooled.map(({ tokens }) => tokens.length));
  });

  it('streams through a worker and leaves the event loop free', async () => {
    const request = requests[3] as (typeof requests)[number];
    const [whole] = await single.generate([request], { ...OPTIONS, stopIds: [] });
    const tokens: number[] = [];
    for await (const chunk of pool.stream(request, { ...OPTIONS, stopIds: [], chunkTokens: 3 })) {
      tokens.push(...chunk.tokens);
    }
    expect(tokens).toEqual([...(whole?.tokens ?? [])]);
  });

  it('decodes with new weights in every worker after an update', async () => {
    await pool.updateWeights(randomTensors(TINY_CONFIG, 2), 2);
    await single.updateWeights(randomTensors(TINY_CONFIG, 2), 2);
    const [pooled, alone] = await Promise.all([pool.generate(requests, OPTIONS), single.generate(requests, OPTIONS)]);
    expect(pooled.map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
    expect(new Set(pooled.map(({ policyVersion }) => policyVersion))).toEqual(new Set([2]));
  });

  it('reports an error from a worker and goes on', async () => {
    const broken = randomTensors(TINY_CONFIG, 1);
    broken.get('model.norm.weight')?.data.fill(Number.NaN);
    const other = await DecoderPool.create(TINY_CONFIG, broken);
    await expect(other.generate(requests.slice(0, 2), OPTIONS)).rejects.toThrow('are not usable');
    await other.updateWeights(randomTensors(TINY_CONFIG, 1), 1);
    expect(await other.generate(requests.slice(0, 2), OPTIONS)).toHaveLength(2);
    await other.close();
    await expect(other.generate(requests.slice(0, 2), OPTIONS)).rejects.toThrow('decoding thread is closed');
  });

  it('refuses an impossible number of workers', async () => {
    const create = DecoderPool.create(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), { workers: 0 });
    await expect(create).rejects.toThrow('workers must be an integer from 1 to 256, got 0');
  });
});
