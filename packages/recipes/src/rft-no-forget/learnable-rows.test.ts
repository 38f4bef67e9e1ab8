import { expect, it } from 'vitest';
import { learnableRows } from './learnable-rows.js';

it('keeps the rows with a right answer among theirs', () => {
  expect(learnableRows([false, false, true, false, true, true, false, false], 2)).toEqual([1, 2]);
});

it('blames no row for a grader that failed', () => {
  expect(learnableRows([null, null, null, false, null, true], 2)).toEqual([0, 2]);
});
