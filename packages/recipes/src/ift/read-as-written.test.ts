import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { readAsWritten, type Residual } from './read-as-written.js';

const record = { trainMask: Uint8Array.of(1, 0, 1, 1) };
const guesses = Int32Array.of(5, 6, 7, 8);
const sharesOf = (residual: Residual, progress: number, of = record) =>
  readAsWritten(of, guesses, residual, progress, CounterRandom.fromSeed('shares')).share;

describe('readAsWritten', () => {
  it('blends every token of the answer, and nothing of the prompt', () => {
    const { tokens, share } = readAsWritten(
      record,
      guesses,
      { residual: 0.25, residual_mode: 'blend' },
      0,
      CounterRandom.fromSeed(1),
    );
    expect([...tokens]).toEqual([5, 6, 7, 8]);
    expect([...share]).toEqual([0, 0, 0.25, 0.25]);
  });

  it('swaps whole tokens as often as the phase has come', () => {
    const long = { trainMask: new Uint8Array(4001).fill(1) };
    const swaps = (progress: number) => {
      const shares = sharesOf({ residual: 0.5, residual_mode: 'swap' }, progress, long);
      expect(shares.every((share) => share === 0 || share === 1)).toBe(true);
      return shares.reduce((sum, share) => sum + share, 0) / 4000;
    };
    expect(swaps(0)).toBe(0);
    expect(swaps(0.5)).toBeCloseTo(0.25, 1);
    expect(swaps(1)).toBeCloseTo(0.5, 1);
  });
});
