import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { nuclearNorm, symmetricEigenvalues } from './nuclear-norm.js';

/** L·Lᵀ of rows. */
const gramOf = (rows: readonly (readonly number[])[]): number[] =>
  rows.flatMap((a) => rows.map((b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)));

describe('nuclearNorm', () => {
  it('is the sum of the lengths of rows at right angles', () => {
    expect(
      nuclearNorm(
        gramOf([
          [3, 0, 0],
          [0, 0, -4],
        ]),
        2,
      ),
    ).toBeCloseTo(7, 12);
  });

  it('is the length of the one direction of rows that all point the same way', () => {
    // [1, 2, 2] and twice that: singular values √(9 + 36) and 0.
    expect(
      nuclearNorm(
        gramOf([
          [1, 2, 2],
          [2, 4, 4],
        ]),
        2,
      ),
    ).toBeCloseTo(Math.sqrt(45), 7);
  });

  it('agrees with a computation by hand', () => {
    // [[1, 1], [0, 1]]: the squares of its singular values are (3 ± √5) / 2, so their sum squared is 3 + 2.
    expect(
      nuclearNorm(
        gramOf([
          [1, 1],
          [0, 1],
        ]),
        2,
      ),
    ).toBeCloseTo(Math.sqrt(5), 12);
  });

  it('of nothing is 0', () => {
    expect([nuclearNorm([], 0), nuclearNorm([0, 0, 0, 0], 2)]).toEqual([0, 0]);
  });
});

describe('symmetricEigenvalues', () => {
  it('keep the trace and the sum of squares of a matrix of sixty rows', () => {
    const random = CounterRandom.fromSeed('eigenvalues');
    const rows = Array.from({ length: 60 }, () => Array.from({ length: 80 }, () => random.float() - 0.5));
    const gram = gramOf(rows);
    const eigenvalues = [...symmetricEigenvalues(gram, 60)];
    const trace = rows.reduce((sum, _, i) => sum + (gram[i * 61] ?? 0), 0);
    const sum = (of: (value: number) => number) => eigenvalues.reduce((total, value) => total + of(value), 0);
    expect(sum((value) => value)).toBeCloseTo(trace, 9);
    expect(sum((value) => value * value)).toBeCloseTo(
      gram.reduce((total, value) => total + value * value, 0),
      7,
    );
    expect(Math.min(...eigenvalues)).toBeGreaterThan(0);
  });
});
