import { MemoryObjectStore } from '@preheat/adapters/memory';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { WorkerRunner } from '@preheat/inference/worker-runner';
import { VirtualClock } from '@preheat/ports';
import { expect, it } from 'vitest';
import { DecoderServing } from './decoder-serving.js';

it('ends a thread that was started ahead and that nothing was asked of', async () => {
  const clock = new VirtualClock();
  const threadAhead = new WorkerRunner(1);
  const models = new ModelRegistry(new MemoryObjectStore({ clock }));
  const decoders = new DecoderServing(models, { budgetBytes: 1, workers: 1, threadAhead, clock });
  await decoders.close();
  expect(threadAhead.isUsable).toBe(false);
});
