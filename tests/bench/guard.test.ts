import { describe, expect, it } from 'vitest';
import { foreignShare, guarded, type GuardedMachine } from './guard.js';

const OPTIONS = { maxForeign: 0.06, tries: 3, idleLimitS: 5 };
const RUN_S = 10;

/** A machine of two cores on a virtual clock; `foreign` is the load of others in each run, `idleAfterS` when it settles. */
function machineWith(foreign: readonly number[], idleAfterS = 0) {
  let [wallS, machineBusyS, ownS, runs] = [0, 0, 0, 0];
  const machine: GuardedMachine = {
    cores: 2,
    read: () => ({ wallS, machineBusyS, ownS }),
    pause: async (seconds) => {
      if (wallS < idleAfterS) machineBusyS += 2 * seconds;
      wallS += seconds;
    },
  };
  const run = async () => {
    const share = foreign[runs++] ?? 0;
    wallS += RUN_S;
    ownS += RUN_S;
    machineBusyS += RUN_S + share * 2 * RUN_S;
    return runs;
  };
  return { machine, run, now: () => wallS };
}

describe('foreignShare', () => {
  it('is what others took of all cores', () => {
    const before = { machineBusyS: 100, ownS: 40, wallS: 0 };
    expect(foreignShare(before, { machineBusyS: 112, ownS: 50, wallS: 10 }, 2)).toBeCloseTo(0.1);
    expect(foreignShare(before, { machineBusyS: 109.9, ownS: 50, wallS: 10 }, 2)).toBe(0);
  });
});

describe('guarded', () => {
  it('keeps the first run that nobody disturbed', async () => {
    const { machine, run } = machineWith([0.01, 0]);
    expect(await guarded(machine, run, OPTIONS)).toEqual({ value: 1, foreignCpu: expect.closeTo(0.01, 6) as number });
  });

  it('tries again, and keeps the least disturbed run when all were disturbed', async () => {
    const clean = machineWith([0.5, 0.02]);
    expect((await guarded(clean.machine, clean.run, OPTIONS)).value).toBe(2);
    const loud = machineWith([0.5, 0.2, 0.3, 0]);
    expect(await guarded(loud.machine, loud.run, OPTIONS)).toMatchObject({ value: 2 });
  });

  it('waits for an idle machine, but not for ever', async () => {
    const settling = machineWith([0], 3);
    await guarded(settling.machine, settling.run, OPTIONS);
    expect(settling.now()).toBe(3 + 0.5 + RUN_S);
    const never = machineWith([0], 1000);
    await guarded(never.machine, never.run, OPTIONS);
    expect(never.now()).toBe(OPTIONS.idleLimitS + RUN_S);
  });
});
