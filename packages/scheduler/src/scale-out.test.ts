import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredRunners, NO_SCALE_STATE, type ScaleState } from './scale-out.js';

const ask = (nowMs: number, backlogMs: number, jobs: number, runners: number, state: ScaleState = NO_SCALE_STATE) =>
  desiredRunners({ nowMs, backlogMs, jobs, runners, targetMs: 60_000 }, state);

describe('the runners that a backlog asks for', () => {
  it('are as many as do it in the target time, never more than jobs, at least one while there is a job', () => {
    expect(ask(0, 0, 0, 0).runners).toBe(0);
    expect(ask(0, 5_000, 1, 1).runners).toBe(1);
    expect(ask(0, 200_000, 9, 4).runners).toBe(4);
    expect(ask(0, 10 ** 9, 3, 3).runners).toBe(3);
  });

  it('follow a burst at once, and nobody is sent away for a minute after', () => {
    const burst = ask(100_000, 600_000, 20, 2, ask(90_000, 60_000, 2, 2).state);
    expect(burst.runners).toBe(10);
    expect(ask(120_000, 0, 0, 10, burst.state).runners).toBe(10);
    expect(ask(161_000, 0, 0, 10, burst.state).runners).toBe(0);
  });

  it('follow slow growth by the mean of a minute', () => {
    const low = ask(0, 120_000, 9, 2);
    expect(ask(50_000, 180_000, 9, 2, low.state).runners).toBe(3);
  });

  it('are a whole number within the jobs whatever was seen', () => {
    const sample = fc.record({ atMs: fc.nat(10 ** 6), backlogMs: fc.nat(10 ** 9) });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), fc.nat(50), fc.nat(50), (samples, jobs, runners) => {
        const { runners: wanted } = ask(10 ** 6, 10 ** 6, jobs, runners, { samples, panicUntilMs: 0 });
        expect(Number.isInteger(wanted) && wanted >= 0 && wanted <= Math.max(jobs, runners)).toBe(true);
      }),
    );
  });
});
