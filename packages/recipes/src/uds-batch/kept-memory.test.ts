import { expect, it } from 'vitest';
import { meanDistance, remember } from './kept-memory.js';

const sketch = (...values: number[]) => Float32Array.from(values);

it('measures the mean distance to what it remembers', () => {
  expect(meanDistance(sketch(0, 0), null)).toBe(0);
  // Distances 5 and 13.
  expect(meanDistance(sketch(0, 0), remember(null, [sketch(3, 4), sketch(5, 12)], 8))).toBe(9);
});

it('forgets the oldest first', () => {
  const memory = remember(remember(null, [sketch(1, 1), sketch(2, 2)], 3), [sketch(3, 3), sketch(4, 4)], 3);
  expect(memory).toEqual({ shape: [3, 2], data: sketch(2, 2, 3, 3, 4, 4) });
});

it('stays as it is when nothing was kept', () => {
  expect(remember(null, [], 3)).toBeNull();
});
