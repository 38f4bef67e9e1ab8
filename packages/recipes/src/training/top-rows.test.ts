import { expect, it } from 'vitest';
import { topRows } from './top-rows.js';

it('takes the highest scores in the order of the batch, of equal ones the first', () => {
  expect(topRows([1, 5, 3, 5, 4], 3)).toEqual([1, 3, 4]);
  expect(topRows([2, 2, 2], 2)).toEqual([0, 1]);
  expect(topRows([1, 2], 0)).toEqual([1]);
});
