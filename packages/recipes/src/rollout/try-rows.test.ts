import { expect, it } from 'vitest';
import { passRate } from './try-rows.js';

it('counts right answers among those that could be graded', () => {
  expect(passRate([true, false, null, false, true])).toBe(0.5);
  expect(passRate([false, null])).toBe(0);
});

it('knows nothing of a row whose answers could not be graded', () => {
  expect(passRate([null, null])).toBeNull();
  expect(passRate([])).toBeNull();
});
