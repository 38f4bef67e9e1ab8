import { describe, expect, it } from 'vitest';
import { turnAt } from './alternation.js';

describe('turnAt', () => {
  it('gives every turn its steps, round after round', () => {
    const turns = Array.from({ length: 14 }, (_, step) => turnAt(step, [3, 1, 2]));
    expect(turns).toEqual([0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 2, 0, 0]);
  });

  it('stays where there is one turn', () => {
    expect([0, 1, 99].map((step) => turnAt(step, [2]))).toEqual([0, 0, 0]);
  });
});
