import { describe, expect, it } from 'vitest';
import { defaultKs, passAtK } from './pass-at-k.js';

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

/** The share of the k-subsets of n answers, c of them right, that hold a right one. */
function byEnumeration(n: number, c: number, k: number): number {
  let [hits, all] = [0, 0];
  for (let subset = 0; subset < 2 ** n; subset++) {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => subset & (1 << i));
    if (members.length !== k) continue;
    all++;
    if (members.some((i) => i < c)) hits++;
  }
  return hits / all;
}

describe('pass@k', () => {
  it('is the share of k answers of n that hold one that passed', () => {
    for (let n = 1; n <= 8; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) expect(passAtK(n, c, k)).toBeCloseTo(byEnumeration(n, c, k), 12);
      }
    }
  });

  it('stays exact where factorials would overflow', () => {
    expect(passAtK(128, 3, 16)).toBeCloseTo(1 - choose(125, 16) / choose(128, 16), 10);
    expect(passAtK(128, 0, 128)).toBe(0);
    expect(passAtK(128, 1, 128)).toBe(1);
  });
});

it('asks for the powers of two and for all answers, unless told', () => {
  expect([1, 2, 6, 8].map(defaultKs)).toEqual([[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]]);
});
