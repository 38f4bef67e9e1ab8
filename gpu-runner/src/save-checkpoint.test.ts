import { publishBundle } from '@preheat/checkpoints';
import { MODEL_BLOBS } from '@preheat/inference/stored-models';
import { afterAll, expect, it } from 'vitest';
import { runJob } from './run-job.js';
import { executor, leaseOf, never, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

it('publishes weights and moments in pieces: no copy of either is ever held whole', async () => {
  const at = await world({}, { phases: phases({}).slice(0, 1) });
  const held: Record<string, number[]> = {};
  const watched: typeof publishBundle = (store, prefix, blobs) => {
    if (!prefix.includes('/step-')) return publishBundle(store, prefix, blobs);
    for (const name of [MODEL_BLOBS.weights, 'optimizer.safetensors']) {
      const content = blobs.get(name);
      if (typeof content !== 'function') throw new Error(`${name} is encoded as a whole`);
      const pieces = [...(content() as Iterable<Uint8Array>)];
      held[name] = pieces.map(({ byteLength }) => byteLength);
    }
    return publishBundle(store, prefix, blobs);
  };
  expect(await runJob({ ...at.deps, publishBundle: watched }, await leaseOf(at), never)).toBe('succeeded');
  for (const name of [MODEL_BLOBS.weights, 'optimizer.safetensors']) {
    const pieces = held[name] ?? [];
    const total = pieces.reduce((sum, bytes) => sum + bytes, 0);
    expect(Math.max(...pieces)).toBeLessThan(total / 2);
  }
});
