import { expect, it } from 'vitest';
import { CacheBudget } from './cache-budget.js';

it('gives each what the others do not hold, and an equal share whatever they hold', () => {
  const budget = new CacheBudget(120);
  const [a, b, c] = [{}, {}, {}];
  expect(budget.roomOf(a)).toBe(120);
  budget.hold(a, 110);
  expect([budget.roomOf(a), budget.roomOf(b)]).toEqual([120, 60]);
  budget.hold(b, 20);
  expect([budget.roomOf(a), budget.roomOf(b), budget.roomOf(c)]).toEqual([100, 60, 40]);
  budget.hold(a, 0);
  expect(budget.roomOf(b)).toBe(120);
  expect(() => new CacheBudget(0)).toThrow(RangeError);
});
