/**
 * ROUGE-N and ROUGE-L (Lin 2004) as F1, with the tokenisation of Google's `rouge-score` without stemming: lower case,
 * every run of characters other than a-z and 0-9 separates words.
 */
import { commonSubsequenceLength } from './common-subsequence.js';
import { ngramCounts, overlap, total } from './ngram-counts.js';

/** In [0, 1]; 0 when either text has no n-gram. */
export function rougeN(candidate: string, reference: string, n: number): number {
  const found = ngramCounts(rougeWords(candidate), n);
  const expected = ngramCounts(rougeWords(reference), n);
  return f1(overlap(found, expected), total(found), total(expected));
}

/** In [0, 1]: over the longest common subsequence of words. */
export function rougeL(candidate: string, reference: string): number {
  const [found, expected] = [rougeWords(candidate), rougeWords(reference)];
  return f1(commonSubsequenceLength(found, expected), found.length, expected.length);
}

function rougeWords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function f1(matched: number, candidateTotal: number, referenceTotal: number): number {
  return matched === 0 ? 0 : (2 * matched) / (candidateTotal + referenceTotal);
}
