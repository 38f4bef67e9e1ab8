import { describe, expect, it } from 'vitest';
import { type CurriculumOptions, curriculumOf } from './curriculum.js';

/** Pass rates ½, 0, 1, unknown, ½ and ¼. */
const tried = [
  [true, false],
  [false, false],
  [true, true],
  [null, null],
  [false, true],
  [false, false, false, true],
];
const rowsBy = (options: CurriculumOptions) => curriculumOf(tried, options).rows;

describe('curriculumOf', () => {
  it('goes from easy to hard without what is never solved, equals in the order of the file', () => {
    const { rows, metrics } = curriculumOf(tried, { curriculum: 'easy_to_hard', drop_unsolved: true });
    expect(rows).toEqual([2, 0, 3, 4, 5]);
    expect(metrics.kept_fraction).toBeCloseTo(5 / 6, 12);
    expect(metrics.trial_pass_rate).toBeCloseTo(2.25 / 5, 12);
  });

  it('goes from hard to easy, or leaves the order to whoever shuffles', () => {
    expect(rowsBy({ curriculum: 'hard_to_easy', drop_unsolved: true })).toEqual([5, 0, 3, 4, 2]);
    expect(rowsBy({ curriculum: 'shuffled', drop_unsolved: true })).toEqual([0, 2, 3, 4, 5]);
  });

  it('keeps what is never solved where it is told to', () => {
    expect(rowsBy({ curriculum: 'easy_to_hard', drop_unsolved: false })).toEqual([2, 0, 3, 4, 5, 1]);
  });
});
