/**
 * Token error rate: edit distance over space-separated symbols, divided by the reference's length. Over phonemes it is
 * the phoneme error rate (PER), over words the word error rate (WER). It exceeds 1 when much was inserted.
 */
import { editDistance } from './edit-distance.js';
import { wordsOf } from './ngram-counts.js';

/** Texts with more symbols are flagged: the distance takes time in the product of both lengths. */
export const MAX_SYMBOLS = 4096;

/** ≥ 0, 0 for equal sequences. An empty reference gives 0 for an empty text and infinity otherwise. */
export function tokenErrorRate(symbols: readonly string[], reference: readonly string[]): number {
  const distance = editDistance(symbols, reference);
  return distance === 0 ? 0 : distance / reference.length;
}

/** 1 − the lowest rate over the references, clamped to [0, 1]. `references` must not be empty. */
export function tokenAccuracy(text: string, references: readonly string[]): number {
  const symbols = wordsOf(text);
  let lowest = Number.POSITIVE_INFINITY;
  for (const reference of references) lowest = Math.min(lowest, tokenErrorRate(symbols, wordsOf(reference)));
  return Math.max(0, 1 - lowest);
}
