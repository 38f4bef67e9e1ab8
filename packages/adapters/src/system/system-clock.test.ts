import { expect, test } from 'vitest';
import { systemClock } from './system-clock.js';
import { systemRandom } from './system-random.js';

test('the clock tells the time and sleeps no shorter than asked', async () => {
  const startMs = systemClock.nowMs();
  await systemClock.sleep(20);
  expect(systemClock.nowMs() - startMs).toBeGreaterThanOrEqual(19);
});

test('an abort before or during a sleep rejects with its reason', async () => {
  const controller = new AbortController();
  const asleep = systemClock.sleep(600_000, controller.signal);
  controller.abort(new Error('shutdown'));
  await expect(asleep).rejects.toThrow('shutdown');
  await expect(systemClock.sleep(600_000, controller.signal)).rejects.toThrow('shutdown');
});

test('two random streams of the system differ', () => {
  expect(systemRandom().float()).not.toBe(systemRandom().float());
});
