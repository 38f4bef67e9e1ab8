import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { workQueueConformance } from '@preheat/ports/conformance';
import type { TestMessage } from '@preheat/ports/conformance';
import type { JsonValue } from '@preheat/ports';
import { expect, test } from 'vitest';
import { FaultyQueue, QueueUnavailableError } from './faulty-queue.js';
import type { QueueFaults } from './faulty-queue.js';
import { createSimulation } from './simulation.js';
import type { Simulation } from './simulation.js';

const now = { maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 1000 };

function underTest(faults: QueueFaults): { simulation: Simulation; queue: FaultyQueue<TestMessage> } {
  const simulation = createSimulation(0);
  const inner = new MemoryWorkQueue<JsonValue>(simulation);
  return { simulation, queue: new FaultyQueue(inner, { ...simulation, faults }) };
}

workQueueConformance(
  'a faulty queue without faults',
  async () => {
    const { simulation, queue } = underTest({});
    const { clock } = simulation;
    return { queue, advance: (ms) => clock.advance(ms), nowMs: () => clock.nowMs(), close: async () => {} };
  },
  { staleReceiptsAreInert: true, receivesAreExclusive: true },
);

test('a lost message never arrives, a doubled one arrives twice', async () => {
  const lossy = underTest({ loss: 1 });
  await lossy.queue.send({ jobId: 'a' });
  expect(await lossy.queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  const doubling = underTest({ duplicate: 1 });
  await doubling.queue.send({ jobId: 'a' });
  const twice = await doubling.queue.receive(now);
  expect(twice.map((delivery) => delivery.message.jobId)).toEqual(['a', 'a']);
});

test('a delayed message comes later than asked, within the stated limit', async () => {
  const { simulation, queue } = underTest({ delay: 1, delayMaxMs: 5000 });
  for (let i = 0; i < 5; i++) await queue.send({ jobId: 'a' }, { delayMs: 1000 });
  await simulation.clock.advance(1000);
  expect((await queue.depth()).delayed).toBeGreaterThan(0);
  await simulation.clock.advance(5000);
  expect((await queue.depth()).visible).toBe(5);
});

test('reordering keeps the messages and changes their order', async () => {
  const { queue } = underTest({ reorder: 1 });
  const sent = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  for (const jobId of sent) await queue.send({ jobId });
  const received = (await queue.receive(now)).map((delivery) => delivery.message.jobId);
  expect([...received].sort()).toEqual(sent);
  expect(received).not.toEqual(sent);
});

test('a forgotten delete brings the message again', async () => {
  const { simulation, queue } = underTest({ lostDelete: 1 });
  await queue.send({ jobId: 'a' });
  const [first] = await queue.receive(now);
  await queue.delete(first?.receipt ?? '');
  await simulation.clock.advance(1000);
  expect((await queue.receive(now))[0]?.receiveCount).toBe(2);
});

test('a receipt that outlives its visibility deletes the message that somebody else holds', async () => {
  const { simulation, queue } = underTest({ lastingReceipt: 1 });
  await queue.send({ jobId: 'a' });
  const [first] = await queue.receive(now);
  await simulation.clock.advance(1000);
  const [second] = await queue.receive(now);
  expect(second?.receipt).not.toBe(first?.receipt);
  await queue.delete(first?.receipt ?? '');
  await simulation.clock.advance(1000);
  expect(await queue.receive(now)).toEqual([]);
});

test('an unavailable queue does nothing, until it is healed', async () => {
  const { queue } = underTest({ unavailable: 1 });
  await expect(queue.send({ jobId: 'a' })).rejects.toThrow(QueueUnavailableError);
  queue.heal();
  expect(await queue.receive(now)).toEqual([]);
});
