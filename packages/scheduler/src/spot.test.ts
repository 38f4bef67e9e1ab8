import { describe, expect, it } from 'vitest';
import { checkpointEveryMs, spotOrOnDemand } from './spot.js';

const HOUR_MS = 3_600_000;

describe('machines that may be taken away', () => {
  it('save their work as often as Young says', () => {
    expect(checkpointEveryMs(20_000, 1 / (4 * HOUR_MS))).toBeCloseTo(Math.sqrt(2 * 20_000 * 4 * HOUR_MS), 6);
    expect(checkpointEveryMs(20_000, 0)).toBe(Infinity);
  });

  it('are used while there is time to lose one', () => {
    const question = {
      ...{ remainingMs: HOUR_MS, recoveryMs: 218_000, checkpointMs: 20_000, hazardPerMs: 1 / (4 * HOUR_MS) },
    };
    expect(spotOrOnDemand({ ...question, untilDeadlineMs: 3 * HOUR_MS })).toBe('spot');
    expect(spotOrOnDemand({ ...question, untilDeadlineMs: 1.1 * HOUR_MS })).toBe('on-demand');
    const safe = { ...question, hazardPerMs: 0, untilDeadlineMs: 3 * HOUR_MS };
    expect(spotOrOnDemand(safe)).toBe('spot');
  });
});
