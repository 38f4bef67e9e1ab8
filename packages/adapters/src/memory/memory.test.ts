import { VirtualClock } from '@preheat/ports';
import { objectStoreConformance, workQueueConformance } from '@preheat/ports/conformance';
import type { TestMessage } from '@preheat/ports/conformance';
import { MemoryObjectStore } from './memory-object-store.js';
import { MemoryWorkQueue } from './memory-work-queue.js';

objectStoreConformance('the memory store', async () => ({
  store: new MemoryObjectStore({ clock: new VirtualClock() }),
  close: async () => {},
}));

workQueueConformance(
  'the memory queue',
  async () => {
    const clock = new VirtualClock();
    return {
      queue: new MemoryWorkQueue<TestMessage>({ clock }),
      advance: (ms) => clock.advance(ms),
      nowMs: () => clock.nowMs(),
      close: async () => {},
    };
  },
  { staleReceiptsAreInert: true, receivesAreExclusive: true },
);
