import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@preheat/ports';
import type { WorkQueue } from '@preheat/ports';
import { objectStoreConformance, workQueueConformance } from '@preheat/ports/conformance';
import type { QueueHarness, TestMessage } from '@preheat/ports/conformance';
import { expect, it } from 'vitest';
import { systemClock } from '../system/system-clock.js';
import { FilesystemObjectStore } from './filesystem-object-store.js';
import { FilesystemWorkQueue } from './filesystem-work-queue.js';
import { QueueOnUse } from './queue-on-use.js';

objectStoreConformance('the filesystem store', async () => {
  const root = await mkdtemp(join(tmpdir(), 'preheat-store-'));
  return {
    store: await FilesystemObjectStore.open(root, { clock: systemClock }),
    close: () => rm(root, { recursive: true }),
  };
});

workQueueConformance('the filesystem queue', openQueue, { staleReceiptsAreInert: true, receivesAreExclusive: true });

async function openQueue(): Promise<QueueHarness> {
  const root = await mkdtemp(join(tmpdir(), 'preheat-queue-'));
  const clock = new VirtualClock();
  const inner = new QueueOnUse(() => FilesystemWorkQueue.open<TestMessage>(root, { clock }));
  let receiving = 0;
  const queue: WorkQueue<TestMessage> = {
    send: (message, options) => inner.send(message, options),
    extend: (receipt, ms) => inner.extend(receipt, ms),
    delete: (receipt) => inner.delete(receipt),
    depth: () => inner.depth(),
    async receive(options) {
      receiving += 1;
      return inner.receive(options).finally(() => void (receiving -= 1));
    },
  };
  /** The virtual clock cannot see file operations: time stands still until every receiver sleeps or has returned. */
  const allAsleep = async (): Promise<void> => {
    while (receiving > clock.pendingTimers()) await new Promise((resolve) => setImmediate(resolve));
  };
  const advance = async (ms: number): Promise<void> => {
    await allAsleep();
    await clock.advance(ms);
    await allAsleep();
  };
  return { queue, advance, nowMs: () => clock.nowMs(), close: () => rm(root, { recursive: true }) };
}

it('opens a queue with its first use, and tries again where that failed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'preheat-queue-'));
  await writeFile(join(root, 'queue'), 'in the way');
  const open = () => FilesystemWorkQueue.open<TestMessage>(join(root, 'queue'), { clock: systemClock });
  const queue = new QueueOnUse(open);
  const unused = new QueueOnUse(open);
  await expect(queue.depth()).rejects.toThrow('ENOTDIR');
  await rm(join(root, 'queue'));
  await unused.close();
  expect(await readdir(root)).toEqual([]);
  expect(await queue.depth()).toMatchObject({ visible: 0 });
  expect(await readdir(join(root, 'queue', 'processes'))).toHaveLength(1);
  await queue.close();
  expect(await readdir(join(root, 'queue', 'processes'))).toEqual([]);
  await rm(root, { recursive: true });
});

it('reads a model in few pieces: each waits for a thread', async () => {
  const root = await mkdtemp(join(tmpdir(), 'preheat-store-'));
  const store = await FilesystemObjectStore.open(root, { clock: systemClock });
  const bytes = new Uint8Array(3 * 1024 * 1024).fill(7);
  await store.put('weights', bytes);
  const pieces = [];
  for await (const piece of (await store.getStream('weights'))?.body ?? []) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(pieces.length).toBeLessThanOrEqual(4);
  await rm(root, { recursive: true });
});
