import { expect, it } from 'vitest';
import { progressLine } from './progress-line.js';

it('tells the rate, what is left, and from where to go on', () => {
  const run = { seeds: 100_000, failed: 0, next: 9_995 };
  expect(progressLine({ ...run, done: 10_000, seconds: 1_000 })).toBe(
    '10000 of 100000 seeds, 0 failed, 10.0 a second, 2 h 30 min left (--from 9995)',
  );
  expect(progressLine({ ...run, done: 99_990, seconds: 9_999 })).toContain('10.0 a second, 1 min left');
});

it('has nothing left at the end', () => {
  expect(progressLine({ seeds: 100, failed: 2, next: 100, done: 100, seconds: 8 })).toBe(
    '100 of 100 seeds, 2 failed, 12.5 a second',
  );
});
