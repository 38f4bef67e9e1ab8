import { expect, test } from 'vitest';
import { latencyOf } from './percentiles.js';

test('percentiles are samples, by nearest rank', () => {
  const samples = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(latencyOf(samples)).toEqual({ p50Ms: 100, p99Ms: 198 });
  expect(latencyOf([7])).toEqual({ p50Ms: 7, p99Ms: 7 });
  expect(latencyOf([]).p50Ms).toBeNaN();
});
