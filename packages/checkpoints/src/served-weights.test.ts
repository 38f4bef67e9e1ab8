import { describe, expect, it } from 'vitest';
import { TINY_DECODER } from './folder/test-kit/tiny-decoder.js';
import { servedWeightCount, servedWeights } from './served-weights.js';

describe('served weights', () => {
  it('lie end to end, in as many elements as are counted', () => {
    const weights = servedWeights(TINY_DECODER);
    const ends = weights.map(({ start, shape }) => start + shape.reduce((product, size) => product * size, 1));
    expect(weights.map(({ start }) => start)).toEqual([0, ...ends.slice(0, -1)]);
    expect(servedWeightCount(TINY_DECODER)).toBe(ends.at(-1));
  });

  it('are listed without the angles of a context, whose tables may be longer than all of them', () => {
    const longest = { ...TINY_DECODER, max_position_embeddings: 2 ** 53 - 1 };
    expect(servedWeightCount(longest)).toBe(servedWeightCount(TINY_DECODER));
  });
});
