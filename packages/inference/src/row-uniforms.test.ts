import { describe, expect, it } from 'vitest';
import { rowStream, rowUniforms } from './row-uniforms.js';

describe('rowUniforms', () => {
  it('depends on seed, key and position only', () => {
    const whole = rowUniforms(rowStream(1, 'a'), 0, 10);
    const tail = rowUniforms(rowStream(1, 'a'), 4, 6);
    expect(tail).toEqual(whole.slice(4));
    expect(rowUniforms(rowStream(1, 'b'), 0, 10)).not.toEqual(whole);
    expect(rowUniforms(rowStream(2, 'a'), 0, 10)).not.toEqual(whole);
  });

  it('stays below every float32 sum it is scaled by, so no impossible token is drawn', () => {
    const largest = 1 - 2 ** -23;
    const uniforms = rowUniforms(rowStream(3, 'x'), 0, 2000);
    expect(Math.max(...uniforms)).toBeLessThanOrEqual(largest);
    expect(Math.min(...uniforms)).toBeGreaterThanOrEqual(0);
    for (const total of [1, 0.99999994, 1.0000001, 0.5, 0.7500001]) {
      const sum = Math.fround(total);
      expect(Math.fround(largest * sum)).toBeLessThan(sum);
    }
  });
});
