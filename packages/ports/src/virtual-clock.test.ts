import { expect, test } from 'vitest';
import { DeadlockError, VirtualClock } from './virtual-clock.js';

test('timers fire in order of due time, then of creation, and see their own instant', async () => {
  const clock = new VirtualClock(0);
  const trace: string[] = [];
  const note = (label: string, ms: number): Promise<void> =>
    clock.sleep(ms).then(() => void trace.push(`${label}@${clock.nowMs()}`));
  void note('late', 30);
  void note('first', 10);
  void note('second', 10);
  void note('chain', 5).then(() => note('chained', 5));
  await clock.advance(20);
  expect(trace).toEqual(['chain@5', 'first@10', 'second@10', 'chained@10']);
  expect(clock.nowMs()).toBe(20);
  await clock.advance(10);
  expect(trace.at(-1)).toBe('late@30');
});

test('run jumps over idle time and returns the result', async () => {
  const clock = new VirtualClock(0);
  const result = await clock.run(
    (async () => {
      await clock.sleep(3_600_000);
      await clock.sleep(1);
      return 'done';
    })(),
  );
  expect(result).toBe('done');
  expect(clock.nowMs()).toBe(3_600_001);
  expect(clock.pendingTimers()).toBe(0);
});

test('run passes a failure on and names a deadlock', async () => {
  const clock = new VirtualClock();
  await expect(clock.run(Promise.reject(new Error('scenario failed')))).rejects.toThrow('scenario failed');
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow(DeadlockError);
});

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const asleep = clock.sleep(1000, controller.signal);
  controller.abort(new Error('shutdown'));
  await expect(asleep).rejects.toThrow('shutdown');
  await expect(clock.sleep(1, controller.signal)).rejects.toThrow('shutdown');
  expect(clock.pendingTimers()).toBe(0);
});
