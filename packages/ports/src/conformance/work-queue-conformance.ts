/**
 * What every WorkQueue must do. The suite never sleeps by itself: it asks the harness to let time pass. Adapters on
 * an injected clock move that clock; only the wire servers, which keep their own time, really wait. All times are
 * whole seconds because SQS rounds up to them.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery, WorkQueue } from '../work-queue.js';

export type TestMessage = { readonly jobId: string };

export interface QueueHarness {
  readonly queue: WorkQueue<TestMessage>;
  /** Let `ms` pass for the queue. */
  advance(ms: number): Promise<void>;
  nowMs(): number;
  close(): Promise<void>;
}

export interface QueueCapabilities {
  /** A receipt from before a redelivery neither deletes the message nor changes its visibility. */
  readonly staleReceiptsAreInert: boolean;
  /** Two who receive at the same moment never get the same message. SQS promises delivery at least once, and no more. */
  readonly receivesAreExclusive: boolean;
}

/** More than a timeout of `seconds`, by enough for a wire server's own clock to agree. */
const past = (seconds: number): number => seconds * 1000 + 250;
const now = { maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 30_000 };

/** Registers the suite with vitest under `name`. `makeQueue` is called for each test and must return an empty queue. */
export function workQueueConformance(
  name: string,
  makeQueue: () => Promise<QueueHarness>,
  capabilities: QueueCapabilities,
): void {
  describe(`${name} is a WorkQueue`, () => {
    let harness: QueueHarness;
    beforeEach(async () => {
      harness = await makeQueue();
    });
    afterEach(() => harness?.close());
    const get = (): QueueHarness => harness;
    describe('delivery', () => deliveryTests(get, capabilities));
    describe('visibility', () => visibilityTests(get));
    describe('waiting', () => waitingTests(get));
    describe('receipts', () => receiptTests(get, capabilities));
  });
}

function deliveryTests(harness: () => QueueHarness, { receivesAreExclusive }: QueueCapabilities): void {
  test('a message arrives as it was sent, counted once', async () => {
    const { queue } = harness();
    await queue.send({ jobId: 'ключ "1" <&>\n🎲' });
    const [delivery, ...rest] = await queue.receive(now);
    expect(delivery?.message).toEqual({ jobId: 'ключ "1" <&>\n🎲' });
    expect(delivery?.receiveCount).toBe(1);
    expect(rest).toEqual([]);
  });

  test('an empty queue answers at once when told not to wait', async () => {
    expect(await harness().queue.receive(now)).toEqual([]);
  });

  test('at most maxMessages come, and the others later', async () => {
    const { queue } = harness();
    for (const jobId of ['a', 'b', 'c']) await queue.send({ jobId });
    const first = await queue.receive({ ...now, maxMessages: 2 });
    expect(first.length).toBeLessThanOrEqual(2);
    expect(ids([...first, ...(await drain(queue))])).toEqual(['a', 'b', 'c']);
  });

  test('equal messages are separate messages', async () => {
    const { queue } = harness();
    await queue.send({ jobId: 'same' });
    await queue.send({ jobId: 'same' });
    expect(ids(await drain(queue))).toEqual(['same', 'same']);
  });

  test('receivers in parallel share the messages and lose none', async () => {
    const { queue } = harness();
    const sent = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0'));
    await Promise.all(sent.map((jobId) => queue.send({ jobId })));
    const shares = await Promise.all(Array.from({ length: 4 }, () => drain(queue, 3)));
    const received = ids(shares.flat());
    expect(receivesAreExclusive ? received : [...new Set(received)]).toEqual(sent);
  });

  test('a delayed message comes when its delay has passed', async () => {
    const { queue, advance } = harness();
    await queue.send({ jobId: 'later' }, { delayMs: 1000 });
    expect(await queue.receive(now)).toEqual([]);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    await advance(past(1));
    expect(ids(await queue.receive(now))).toEqual(['later']);
  });

  test('numbers outside the limits are refused', async () => {
    const { queue } = harness();
    await expect(queue.send({ jobId: 'x' }, { delayMs: 900_001 })).rejects.toThrow(RangeError);
    await expect(queue.send({ jobId: 'x' }, { delayMs: -1 })).rejects.toThrow(RangeError);
    for (const maxMessages of [0, 11, 1.5]) {
      await expect(queue.receive({ ...now, maxMessages })).rejects.toThrow(RangeError);
    }
    await expect(queue.receive({ ...now, waitMs: 20_001 })).rejects.toThrow(RangeError);
    await expect(queue.receive({ ...now, visibilityTimeoutMs: Number.NaN })).rejects.toThrow(RangeError);
    await expect(queue.extend('receipt', 12 * 3_600_000 + 1)).rejects.toThrow(RangeError);
  });
}

function visibilityTests(harness: () => QueueHarness): void {
  test('a received message is hidden until its timeout, then comes again, counted', async () => {
    const { queue, advance } = harness();
    await queue.send({ jobId: 'again' });
    const [first] = await queue.receive({ ...now, visibilityTimeoutMs: 1000 });
    expect(await queue.receive(now)).toEqual([]);
    await advance(past(1));
    const [second] = await queue.receive(now);
    expect(second?.message).toEqual(first?.message);
    expect(second?.receiveCount).toBe(2);
    expect(second?.receipt).not.toBe(first?.receipt);
  });

  test('extend keeps a message hidden beyond its first timeout', async () => {
    const { queue, advance } = harness();
    await queue.send({ jobId: 'held' });
    const [held] = await queue.receive({ ...now, visibilityTimeoutMs: 1000 });
    await queue.extend(held?.receipt ?? '', 3000);
    await advance(past(1));
    expect(await queue.receive(now)).toEqual([]);
    await advance(past(2));
    expect(ids(await queue.receive(now))).toEqual(['held']);
  });

  test('extend by 0 gives the message back at once', async () => {
    const { queue } = harness();
    await queue.send({ jobId: 'released' });
    const [held] = await queue.receive(now);
    await queue.extend(held?.receipt ?? '', 0);
    expect((await queue.receive(now))[0]?.receiveCount).toBe(2);
  });

  test('a deleted message does not come back', async () => {
    const { queue, advance } = harness();
    await queue.send({ jobId: 'done' });
    const [delivery] = await queue.receive({ ...now, visibilityTimeoutMs: 1000 });
    await queue.delete(delivery?.receipt ?? '');
    await advance(past(1));
    expect(await queue.receive(now)).toEqual([]);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test('depth tells what waits from what is being worked on', async () => {
    const { queue } = harness();
    for (const jobId of ['a', 'b', 'c']) await queue.send({ jobId });
    expect(await queue.depth()).toEqual({ visible: 3, inFlight: 0, delayed: 0 });
    await queue.receive({ ...now, maxMessages: 1 });
    expect(await queue.depth()).toEqual({ visible: 2, inFlight: 1, delayed: 0 });
  });
}

function waitingTests(harness: () => QueueHarness): void {
  test('a waiting receiver wakes when a message is sent, long before its wait is over', async () => {
    const { queue, nowMs } = harness();
    const startMs = nowMs();
    const waiting = queue.receive({ ...now, waitMs: 20_000 });
    await queue.send({ jobId: 'bell' });
    expect(ids(await settled(waiting, harness()))).toEqual(['bell']);
    expect(nowMs() - startMs).toBeLessThan(5000);
  });

  test('a wait without a message ends empty when its time is over, not before', async () => {
    const { queue, nowMs } = harness();
    const startMs = nowMs();
    expect(await settled(queue.receive({ ...now, waitMs: 1000 }), harness())).toEqual([]);
    expect(nowMs() - startMs).toBeGreaterThanOrEqual(950);
  });

  test('a waiting receiver takes a message whose visibility timeout passes meanwhile', async () => {
    const { queue } = harness();
    await queue.send({ jobId: 'crashed' });
    await queue.receive({ ...now, visibilityTimeoutMs: 1000 });
    const [delivery] = await settled(queue.receive({ ...now, waitMs: 10_000 }), harness());
    expect(delivery?.receiveCount).toBe(2);
  });

  test('an abort ends the wait with an empty answer, and later messages are not swallowed', async () => {
    const { queue } = harness();
    const controller = new AbortController();
    const waiting = queue.receive({ ...now, waitMs: 20_000, signal: controller.signal });
    controller.abort();
    expect(await settled(waiting, harness())).toEqual([]);
    expect(await queue.receive({ ...now, waitMs: 20_000, signal: controller.signal })).toEqual([]);
  });
}

function receiptTests(harness: () => QueueHarness, capabilities: QueueCapabilities): void {
  test('a receipt can be used again, and one that nobody issued is ignored', async () => {
    const { queue } = harness();
    await queue.send({ jobId: 'a' });
    const [delivery] = await queue.receive(now);
    await queue.delete(delivery?.receipt ?? '');
    await queue.delete(delivery?.receipt ?? '');
    await queue.extend(delivery?.receipt ?? '', 1000);
    await queue.delete('nobody-issued-this');
    await queue.extend('nobody-issued-this', 1000);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  test.skipIf(!capabilities.staleReceiptsAreInert)('a receipt from before a redelivery changes nothing', async () => {
    const { queue, advance } = harness();
    await queue.send({ jobId: 'contested' });
    const [first] = await queue.receive({ ...now, visibilityTimeoutMs: 1000 });
    await advance(past(1));
    const [second] = await queue.receive({ ...now, visibilityTimeoutMs: 2000 });
    await queue.extend(first?.receipt ?? '', 0);
    await queue.delete(first?.receipt ?? '');
    expect(await queue.receive(now)).toEqual([]);
    await advance(past(2));
    const [third] = await queue.receive(now);
    expect([second?.receiveCount, third?.receiveCount]).toEqual([2, 3]);
  });
}

/** Lets time pass in small steps until `pending` settles; 60 s are more than any wait in this suite. */
async function settled<T>(pending: Promise<T>, { advance }: QueueHarness): Promise<T> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  pending.then(mark, mark);
  for (let passedMs = 0; !done && passedMs < 60_000; passedMs += 100) await advance(100);
  return pending;
}

async function drain(queue: WorkQueue<TestMessage>, maxMessages = 10): Promise<Delivery<TestMessage>[]> {
  const all: Delivery<TestMessage>[] = [];
  for (let empty = 0; empty < 2; ) {
    const batch = await queue.receive({ ...now, maxMessages });
    if (batch.length === 0) empty += 1;
    all.push(...batch);
  }
  return all;
}

function ids(deliveries: Delivery<TestMessage>[]): string[] {
  return deliveries.map((delivery) => delivery.message.jobId).sort();
}
