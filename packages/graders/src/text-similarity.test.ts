import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonSubsequenceLength } from './common-subsequence.js';
import recorded from './testdata/similarities.json' with { type: 'json' };
import { SIMILARITIES } from './text-similarity.js';

describe('similarities against recorded Python values', () => {
  it.each(recorded.rows)('$candidate ~ $reference', ({ candidate, reference, fuzzy_match, bleu, gleu }) => {
    expect(SIMILARITIES.fuzzy_match(candidate, reference)).toBeCloseTo(fuzzy_match, 10);
    expect(SIMILARITIES.bleu(candidate, reference)).toBeCloseTo(bleu, 10);
    expect(SIMILARITIES.gleu(candidate, reference)).toBeCloseTo(gleu, 10);
  });
});

describe('rouge, computed by hand', () => {
  // Lin (2004), section 3: candidates against "police killed the gunman".
  const reference = 'police killed the gunman';

  it.each([
    ['police kill the gunman', 'rouge_1', 3 / 4],
    ['police kill the gunman', 'rouge_2', 1 / 3],
    ['police kill the gunman', 'rouge_l', 3 / 4],
    ['the gunman kill police', 'rouge_l', 2 / 4],
    ['the gunman police killed', 'rouge_1', 1],
    ['the gunman police killed', 'rouge_2', 2 / 3],
    ['the gunman police killed', 'rouge_l', 2 / 4],
    ['police killed the gunman', 'rouge_4', 1],
    ['police killed the gunman', 'rouge_5', 0],
    ['Police, KILLED: the-gunman!', 'rouge_3', 1],
    // precision 2/6 (clipped counts), recall 2/4
    ['the the the police police police', 'rouge_1', (2 * 2) / (6 + 4)],
    ['', 'rouge_1', 0],
    ['', 'rouge_l', 0],
  ] as const)('%s: %s', (candidate, metric, expected) => {
    expect(SIMILARITIES[metric](candidate, reference)).toBeCloseTo(expected, 12);
  });
});

describe('commonSubsequenceLength', () => {
  it('equals the quadratic table, also across 32-bit words', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 80 });
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        expect(commonSubsequenceLength(a, b)).toBe(tableLength(a, b));
      }),
      { numRuns: 200 },
    );
  });
});

function tableLength(a: string[], b: string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const row = [0];
    b.forEach((y, j) => row.push(x === y ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0)));
    above = row;
  }
  return above[b.length] ?? 0;
}
