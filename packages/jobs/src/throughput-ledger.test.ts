import { MemoryObjectStore } from '@preheat/adapters/memory';
import { MAX_THROUGHPUT_SAMPLES } from '@preheat/contracts';
import { VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { ThroughputLedger } from './throughput-ledger.js';

const KIND = { runnerClass: 'local', model: 'ft:a/b:c', algorithm: 'sft', adapter: false };
const sample = (steps: number) => ({ jobId: `ftjob-${steps}`, measuredAtMs: steps, tokens: 10, trainMs: 5, steps });

function ledger(): ThroughputLedger {
  let count = 0;
  const store = new MemoryObjectStore({ clock: new VirtualClock(0) });
  return new ThroughputLedger({ store, ids: { next: (prefix) => `${prefix}${++count}` } });
}

describe('the ledger of speeds', () => {
  it('keeps the newest, kinds and projects apart', async () => {
    const speeds = ledger();
    for (let steps = 1; steps <= MAX_THROUGHPUT_SAMPLES + 3; steps++) await speeds.add('proj-one', KIND, sample(steps));
    const kept = await speeds.read('proj-one', KIND);
    expect(kept).toHaveLength(MAX_THROUGHPUT_SAMPLES);
    expect(kept[0]?.steps).toBe(MAX_THROUGHPUT_SAMPLES + 3);
    expect(await speeds.read('proj-two', KIND)).toEqual([]);
    expect(await speeds.read('proj-one', { ...KIND, adapter: true })).toEqual([]);
    expect(await speeds.read('proj-one', { ...KIND, runnerClass: 'gpu' })).toEqual([]);
  });

  it('loses nothing when runners write at the same time', async () => {
    const speeds = ledger();
    await Promise.all(Array.from({ length: 8 }, (_, steps) => speeds.add('proj-one', KIND, sample(steps))));
    expect((await speeds.read('proj-one', KIND)).map(({ steps }) => steps).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
