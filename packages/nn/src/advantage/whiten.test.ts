import { describe, expect, it } from 'vitest';
import { whiten } from './whiten.js';

describe('whiten', () => {
  it('gives the counted tokens of all rows together mean 0 and variance 1', () => {
    const rows = [Float32Array.of(99, 1, 2), Float32Array.of(3, -50)];
    const whitened = whiten(rows, [Uint8Array.of(0, 1, 1), Uint8Array.of(1, 0)]);
    // Mean 2 and sample variance 1 over 1, 2, 3.
    const expected = [
      [0, -1, 0],
      [1, 0],
    ];
    whitened.forEach((row, i) => row.forEach((x, t) => expect(x).toBeCloseTo(expected[i]?.[t] ?? NaN, 6)));
  });

  it('stays finite where all advantages are the same, and leaves a single one alone', () => {
    expect([...(whiten([Float32Array.of(2, 2)], [Uint8Array.of(1, 1)])[0] ?? [])]).toEqual([0, 0]);
    expect([...(whiten([Float32Array.of(2, 5)], [Uint8Array.of(1, 0)])[0] ?? [])]).toEqual([2, 5]);
  });
});
