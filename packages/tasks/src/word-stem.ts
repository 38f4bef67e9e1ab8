/**
 * The stem that decides which part of a split a word belongs to. Inflections must share a stem, or the test set would
 * hold "walked" while "walking" was trained on; two unrelated words sharing one does no harm.
 */
import { stemmer } from 'stemmer';

/**
 * Porter's stem (Program 14(3), 1980) of a lower-case word after its possessive ending and apostrophes are dropped:
 * `cats`, `cat's` and `cats'` all give `cat`.
 */
export function wordStem(word: string): string {
  return stemmer(word.replace(/'s?$/, '').replaceAll("'", ''));
}
