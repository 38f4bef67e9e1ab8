/**
 * Sentence BLEU (Papineni et al. 2002) and GLEU (Wu et al. 2016, section 4.3) as NLTK computes them by default: words
 * split on white space, n-grams up to 4, uniform weights, no smoothing.
 */
import { ngramCounts, overlap, total, wordsOf } from './ngram-counts.js';

const LONGEST_NGRAM = 4;

/**
 * In [0, 1]. Unsmoothed: 0 whenever some order has no match, so texts of fewer than four words score 0 even when equal.
 * (NLTK returns about 1e-77 or less there, from a stand-in for log 0.)
 */
export function bleu(candidate: string, reference: string): number {
  const [hypothesis, expected] = [wordsOf(candidate), wordsOf(reference)];
  let logPrecision = 0;
  for (let n = 1; n <= LONGEST_NGRAM; n++) {
    const found = ngramCounts(hypothesis, n);
    const matched = overlap(found, ngramCounts(expected, n));
    if (matched === 0) return 0;
    logPrecision += Math.log(matched / total(found)) / LONGEST_NGRAM;
  }
  return brevityPenalty(hypothesis.length, expected.length) * Math.exp(logPrecision);
}

function brevityPenalty(length: number, referenceLength: number): number {
  return length > referenceLength ? 1 : Math.exp(1 - referenceLength / length);
}

/** In [0, 1]: matched n-grams over the larger of the two n-gram totals; smooth where BLEU is 0. */
export function gleu(candidate: string, reference: string): number {
  const found = ngramCounts(wordsOf(candidate), 1, LONGEST_NGRAM);
  const expected = ngramCounts(wordsOf(reference), 1, LONGEST_NGRAM);
  const larger = Math.max(total(found), total(expected));
  return larger === 0 ? 0 : overlap(found, expected) / larger;
}
