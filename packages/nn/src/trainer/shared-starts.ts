/** Which rows of a batch begin alike, with tokens that are only read: the answers to one prompt. */
import type { WeightedTokens } from '../record/weighted-tokens.js';
import type { SharedStart } from './plan-micro-batches.js';

/** A row, and the first of its tokens that is predicted. */
export interface Predicted {
  readonly tokens: Int32Array;
  readonly first: number;
}

/** Every row in exactly one of them, in the order of their first rows. What begins a row ends before the token that predicts. */
export function sharedStarts(rows: readonly Predicted[]): SharedStart[] {
  const found = new Map<string, { readonly rows: number[]; readonly length: number }>();
  rows.forEach(({ tokens, first }, index) => {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = tokens;
    const length = first - 1;
    const key = Buffer.from(buffer, byteOffset, length * BYTES_PER_ELEMENT).toString('latin1');
    const start = found.get(key) ?? { rows: [], length };
    found.set(key, start);
    start.rows.push(index);
  });
  return [...found.values()];
}

/** Of a row that is trained; where nothing of it is, its last token counts as predicted. */
export function predictedFrom({ tokens, crossEntropy, policyGradient }: WeightedTokens): Predicted {
  const isPredicted = (t: number): boolean => Boolean(crossEntropy?.[t]) || Boolean(policyGradient?.weight[t]);
  let first = 1;
  while (first < tokens.length - 1 && !isPredicted(first)) first++;
  return { tokens, first };
}
