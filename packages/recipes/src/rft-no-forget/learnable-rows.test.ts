import { expect, it } from 'vitest';
import { learnableRows } from './learnable-rows.js';

it('keeps the rows with a right answer among theirs', () => {
  expect(
    learnableRows([
      [false, false],
      [true, false],
      [true, true],
      [false, false],
    ]),
  ).toEqual([1, 2]);
});

it('blames no row for a grader that failed', () => {
  expect(
    learnableRows([
      [null, null],
      [null, false],
      [null, true],
    ]),
  ).toEqual([0, 2]);
});
