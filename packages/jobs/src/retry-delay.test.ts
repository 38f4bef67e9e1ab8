import { expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.js';

it('doubles with every failure in a row, up to a quarter of an hour', () => {
  expect([1, 2, 3, 4].map(retryDelayMs)).toEqual([30_000, 60_000, 120_000, 240_000]);
  expect(retryDelayMs(1_000)).toBe(900_000);
});
