import { describe, expect, it } from 'vitest';
import { prunedCount } from './config.js';
import { meanOfTrained } from './prune-rows.js';

describe('the score of a row', () => {
  it('is the mean over its trained tokens, of which the first of a row is none', () => {
    const norms = Float32Array.of(9, 1, 0.5, 0.25, 9);
    expect(meanOfTrained(norms, { trainMask: Uint8Array.of(1, 0, 1, 1, 0) })).toBe(0.375);
  });

  it('is 0 where nothing is trained', () => {
    expect(meanOfTrained(Float32Array.of(0, 1), { trainMask: Uint8Array.of(0, 0) })).toBe(0);
  });
});

describe('the rows that are kept', () => {
  it.each([
    [0, 10, 10],
    [0.25, 10, 8],
    [0.99, 10, 1],
    [0.99, 1, 1],
  ])('are, of %d to leave out, so many: %i of %i', (prune_fraction, rows, kept) => {
    expect(prunedCount({ prune_fraction }, rows)).toBe(kept);
  });
});
