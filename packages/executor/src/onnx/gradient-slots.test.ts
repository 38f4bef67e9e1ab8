import { describe, expect, it } from 'vitest';
import { resolveLayout } from '../parameter-layout.js';
import { GradientSlots } from './gradient-slots.js';
import { TrainingMemory } from './training-memory.js';

const parameters = resolveLayout([
  { name: 'a', shape: [3] },
  { name: 'b', shape: [2, 2] },
]);
const [a, b] = parameters as [(typeof parameters)[0], (typeof parameters)[0]];

function setUp(count: number) {
  const memory = new TrainingMemory(parameters, { gradientSlots: count });
  const slots = new GradientSlots(memory, count);
  const finish: (() => void)[] = [];
  const started: number[] = [];
  /** A run that writes `x` into every gradient once it is told to finish. */
  const add = (x: number, written = parameters) => {
    const turn = finish.length;
    const over = new Promise<void>((resolve) => finish.push(resolve));
    return slots.add(written, async (slot) => {
      started.push(turn);
      await over;
      if (Number.isNaN(x)) throw new Error('failed');
      for (const parameter of written) memory.views(slot, parameter).forEach((view) => view.fill(x));
      return x;
    });
  };
  return { memory, slots, finish, started, add };
}

/** Float32 sums of these depend on the order. */
const [huge, small] = [2 ** 25, 1];

describe('GradientSlots', () => {
  it('adds in the order of the calls, whichever run finishes first', async () => {
    const { memory, slots, finish, add } = setUp(4);
    const runs = [add(huge), add(small), add(-huge)];
    finish[2]?.();
    finish[1]?.();
    finish[0]?.();
    expect(await Promise.all(runs)).toEqual([huge, small, -huge]);
    // (2²⁵ + 1) - 2²⁵ is 0 in single precision; any other order gives 1.
    expect([...memory.read(slots.take() ?? -1, a)]).toEqual([0, 0, 0]);
    expect(slots.take()).toBeUndefined();
  });

  it('starts no more runs than there are slots, and the waiting ones in order', async () => {
    const { slots, finish, started, add } = setUp(2);
    const runs = [add(1), add(2), add(3)];
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    for (const done of finish) done();
    await Promise.all(runs);
    expect(started).toEqual([0, 1, 2]);
    expect(slots.take()).toBeDefined();
  });

  it('leaves out a run that fails, and keeps its slot usable', async () => {
    const { memory, slots, finish, add } = setUp(2);
    for (let round = 0; round < 3; round++) {
      const runs = [add(Number.NaN), add(5)];
      for (const done of finish) done();
      const [failed, kept] = await Promise.allSettled(runs);
      expect([failed?.status, kept?.status]).toEqual(['rejected', 'fulfilled']);
      expect([...memory.read(slots.take() ?? -1, b)]).toEqual([5, 5, 5, 5]);
    }
  });

  it('takes zero for the gradients that a run does not give', async () => {
    const { memory, slots, finish, add } = setUp(2);
    for (const written of [parameters, [a]]) {
      const run = add(7, written);
      for (const done of finish) done();
      await run;
      const sum = slots.take() ?? -1;
      expect([...memory.read(sum, b)]).toEqual(written.includes(b) ? [7, 7, 7, 7] : [0, 0, 0, 0]);
    }
  });
});
