/** The similarity metrics by their wire names; each maps (candidate, reference) to [0, 1]. `cosine` needs a service. */
import type { SimilarityMetric } from '@preheat/contracts';
import { bleu, gleu } from './bleu.js';
import { commonSubsequenceLength } from './common-subsequence.js';
import { meteor } from './meteor.js';
import { rougeL, rougeN } from './rouge.js';

export type Similarity = (candidate: string, reference: string) => number | Promise<number>;

export const SIMILARITIES: Readonly<Record<Exclude<SimilarityMetric, 'cosine'>, Similarity>> = {
  fuzzy_match: fuzzyMatch,
  bleu,
  gleu,
  meteor,
  rouge_1: (candidate, reference) => rougeN(candidate, reference, 1),
  rouge_2: (candidate, reference) => rougeN(candidate, reference, 2),
  rouge_3: (candidate, reference) => rougeN(candidate, reference, 3),
  rouge_4: (candidate, reference) => rougeN(candidate, reference, 4),
  rouge_5: (candidate, reference) => rougeN(candidate, reference, 5),
  rouge_l: rougeL,
};

/** `rapidfuzz.fuzz.ratio` ÷ 100: normalised indel similarity over code points, 2·LCS ÷ (|a| + |b|); 1 for two empty texts. */
export function fuzzyMatch(candidate: string, reference: string): number {
  const [a, b] = [[...candidate], [...reference]];
  const length = a.length + b.length;
  return length === 0 ? 1 : (2 * commonSubsequenceLength(a, b)) / length;
}
