import { expect, it } from 'vitest';
import { tokenRewards } from './token-rewards.js';

it('pays the grade at the last token, and at every one for leaving the reference', () => {
  const drawn = { logProbs: Float32Array.of(-1, -2), referenceLogProbs: Float32Array.of(-1.5, -1) };
  expect([...tokenRewards(drawn, 0.75, 0.5)]).toEqual([-0.25, 0.75 + 0.5]);
});

it('prices no token that was forced, and pays the grade at it where it is the last', () => {
  const drawn = { logProbs: Float32Array.of(-1, 0), referenceLogProbs: Float32Array.of(-1.5, -9) };
  expect([...tokenRewards({ ...drawn, forced: Uint8Array.of(0, 1) }, 0.75, 0.5)]).toEqual([-0.25, 0.75]);
});

it('pays the grade alone without a reference', () => {
  expect([...tokenRewards({ logProbs: Float32Array.of(-1, -2, -3), referenceLogProbs: null }, 1, 0.5)]).toEqual([
    0, 0, 1,
  ]);
});
