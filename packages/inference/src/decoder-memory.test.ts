import { decoderTensors } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { DecoderPool } from './decoder-pool.js';
import { DecoderSession } from './decoder-session.js';
import type { GenerateRequest } from './generation-types.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const CONFIG = { ...TINY_CONFIG, hidden_size: 64, head_dim: 16, max_position_embeddings: 128 };
const requests: GenerateRequest[] = Array.from({ length: 64 }, (_, row) => ({
  tokens: Array.from({ length: 40 }, (_unused, index) => (index + (row % 8)) % 11),
  key: `row-${row}`,
}));
/** The caches of one batch are 64 rows x 2 layers x 2 x 2 heads x 64 columns x 16 floats: 2 MB that may not stay. */
const LEAK_BYTES = 60e6;

describe('memory', () => {
  it('is the same after many batches and updates', async () => {
    const decoder = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
    const batches = async (count: number): Promise<void> => {
      for (let batch = 0; batch < count; batch++) {
        await decoder.updateWeights(randomTensors(CONFIG, 1 + (batch % 2)), batch);
        await decoder.generate(requests, { maxNewTokens: 24, seed: batch });
      }
    };
    await batches(40);
    let growth = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && growth >= LEAK_BYTES; tries++) {
      const before = process.memoryUsage().rss;
      await batches(120);
      growth = process.memoryUsage().rss - before;
    }
    expect(growth).toBeLessThan(LEAK_BYTES);
    await decoder.close();
  });

  it('is told in advance: the weights once, and once in every runner', async () => {
    const parameters = decoderTensors(CONFIG).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const session = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
    const pool = await DecoderPool.create(CONFIG, randomTensors(CONFIG, 1), { workers: 3 });
    expect([session.byteSize, pool.byteSize]).toEqual([2 * 4 * parameters, 4 * 4 * parameters]);
    await Promise.all([session.close(), pool.close()]);
  });
});
