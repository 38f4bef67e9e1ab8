import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { commonSubsequenceLength } from './common-subsequence.js';
import { porterStem } from './porter-stemmer.js';
import recorded from './testdata/similarities.json' with { type: 'json' };
import { SIMILARITIES } from './text-similarity.js';

describe('similarities against recorded Python values', () => {
  it.each(recorded.rows)('$candidate ~ $reference', async ({ candidate, reference, scores }) => {
    expect(Object.keys(scores).sort()).toEqual(Object.keys(SIMILARITIES).sort());
    for (const [metric, similarity] of Object.entries(SIMILARITIES)) {
      const expected = scores[metric as keyof typeof scores];
      // The recorded ROUGE was computed in 32 bits.
      const digits = metric.startsWith('rouge') ? 5 : 10;
      expect(await similarity(candidate, reference), metric).toBeCloseTo(expected, digits);
    }
  });
});

test('stems against recorded values of NLTK', () => {
  const stems = Object.fromEntries(Object.keys(recorded.stems).map((word) => [word, porterStem(word)]));
  expect(stems).toEqual(recorded.stems);
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
