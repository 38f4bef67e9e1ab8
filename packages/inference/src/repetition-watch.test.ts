import { describe, expect, it } from 'vitest';
import { RepetitionWatch } from './repetition-watch.js';

/** Tokens of the row up to the one that ended it. */
function seen(tokens: readonly number[], limit: { maxPattern: number; count: number }): number {
  const watch = new RepetitionWatch(limit);
  const end = tokens.findIndex((token) => watch.sees(token));
  return end < 0 ? tokens.length : end + 1;
}

describe('RepetitionWatch', () => {
  it('ends a row with the last token of the repetition that is one too many', () => {
    expect(seen([5, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3], { maxPattern: 3, count: 3 })).toBe(10);
    expect(seen([7, 7, 7, 7], { maxPattern: 3, count: 3 })).toBe(3);
  });

  it('lets patterns pass that are longer, broken, or not often enough in a row', () => {
    expect(seen([1, 2, 3, 1, 2, 3, 1, 2, 3], { maxPattern: 2, count: 3 })).toBe(9);
    expect(seen([1, 2, 1, 2, 9, 1, 2, 1, 2, 9], { maxPattern: 4, count: 3 })).toBe(10);
    expect(seen([1, 2, 1, 2], { maxPattern: 4, count: 3 })).toBe(4);
  });

  it('does not take what was never written for a token', () => {
    expect(seen([0, 1, 0], { maxPattern: 8, count: 2 })).toBe(3);
  });
});
