/** The simulator sees: without a piece of the protocol (`weaknesses.ts`), some seed fails. */
import { describe, expect, it } from 'vitest';
import { verdictOf } from './run-seed.js';
import { PropertyViolated, Scenario } from './scenario.js';
import { WEAKNESSES } from './weaknesses.js';

/** A weakness that this many seeds do not show would not show in a run of the tests either. */
const SEEDS = 100;
/** From where they show early: what a seed without the piece plays may go on for long. */
const FIRST = 2;

describe('the simulation notices that a piece is missing', () => {
  for (const { what, weakened, noticed } of WEAKNESSES) {
    it(what, async () => {
      const scenario = await Scenario.open(weakened);
      const seen = await firstFailure(scenario);
      expect(seen?.error).toBeInstanceOf(PropertyViolated);
      expect((seen?.error as PropertyViolated).property).toMatch(noticed);
    });
  }
});

async function firstFailure(scenario: Scenario): ReturnType<typeof verdictOf> {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const verdict = await verdictOf(scenario, seed, false);
    if (verdict) return verdict;
  }
  return undefined;
}
