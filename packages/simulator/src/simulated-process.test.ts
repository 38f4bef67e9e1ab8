import { MemoryObjectStore } from '@preheat/adapters/memory';
import { expect, test } from 'vitest';
import { SimulatedProcess, type ProcessFaults } from './simulated-process.js';
import { createSimulation } from './simulation.js';

const BODY = Buffer.from('x');

function underTest(faults: ProcessFaults = {}, skewMs = 0) {
  const { clock, random, log } = createSimulation(0);
  const inner = new MemoryObjectStore({ clock });
  const process = new SimulatedProcess({ name: 'p', clock, random, faults, skewMs, log });
  return { clock, inner, process, store: process.reach(inner) };
}

/** What became of a call after a long time. */
async function outcome(clock: { advance(ms: number): Promise<void> }, call: Promise<unknown>): Promise<string> {
  let state = 'unanswered';
  call.then(
    () => {
      state = 'answered';
    },
    () => {
      state = 'failed';
    },
  );
  await clock.advance(3_600_000);
  return state;
}

test('a call under way when the process crashes takes effect and is never answered', async () => {
  const { clock, inner, process, store } = underTest();
  const call = store.put('a', BODY);
  await Promise.resolve();
  process.crash();
  expect(await outcome(clock, call)).toBe('unanswered');
  expect(await inner.head('a')).toBeDefined();
  await process.crashed;
});

test('a crashed process does nothing any more, neither in a port nor in time', async () => {
  const { clock, inner, process, store } = underTest();
  process.crash();
  expect(await outcome(clock, store.put('a', BODY))).toBe('unanswered');
  expect(await outcome(clock, process.clock.sleep(1))).toBe('unanswered');
  expect(await inner.head('a')).toBeUndefined();
});

test('a pause answers late what was done in time', async () => {
  const { clock, inner, process, store } = underTest();
  const call = store.put('a', BODY).then(() => process.clock.nowMs());
  await Promise.resolve();
  process.pause(5_000);
  const startMs = clock.nowMs();
  await clock.advance(1_000);
  expect(await inner.head('a')).toBeDefined();
  await clock.advance(9_000);
  expect(await call).toBe(startMs + 5_000);
});

test('crashes at every call where that is certain, at none once healed', async () => {
  const certain = underTest({ crash: 1 });
  expect(await outcome(certain.clock, certain.store.head('a'))).toBe('unanswered');
  const healed = underTest({ crash: 1 });
  healed.process.heal();
  expect(await outcome(healed.clock, healed.store.head('a'))).toBe('answered');
});

test('tells its own time, in whole milliseconds', async () => {
  const { clock, process } = underTest({}, -700);
  await clock.advance(0.5);
  expect(process.clock.nowMs()).toBe(Math.floor(clock.nowMs()) - 700);
});
