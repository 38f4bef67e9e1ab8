import { expect, it } from 'vitest';
import { unsolvedRows } from './unsolved-rows.js';

it('leaves out what every answer solves, and nothing else', () => {
  expect(
    unsolvedRows([
      [true, true],
      [true, false],
      [false, false],
      [null, true],
      [null, null],
    ]),
  ).toEqual([1, 2, 4]);
});
