/** Multisets of n-grams, the ground of BLEU, GLEU and ROUGE-N. */
export type NgramCounts = ReadonlyMap<string, number>;

/** Splits on white space; an empty or blank text has no words. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Counts of every run of `n` words, for each n from `shortest` to `longest`. */
export function ngramCounts(words: readonly string[], shortest: number, longest = shortest): NgramCounts {
  const counts = new Map<string, number>();
  for (let n = shortest; n <= longest; n++) {
    for (let i = 0; i + n <= words.length; i++) {
      const ngram = words.slice(i, i + n).join(' ');
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
  }
  return counts;
}

export function total(counts: NgramCounts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** Size of the multiset intersection. */
export function overlap(a: NgramCounts, b: NgramCounts): number {
  let sum = 0;
  for (const [ngram, count] of a) sum += Math.min(count, b.get(ngram) ?? 0);
  return sum;
}
