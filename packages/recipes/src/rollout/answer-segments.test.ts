import { PER_TOKEN } from '@preheat/nn';
import { describe, expect, it } from 'vitest';
import type { RolloutSample } from '../recipe.js';
import { drawnSegments, policyTemperature, rolloutSegments, scoringTemperature } from './answer-segments.js';

const sample: RolloutSample = {
  tokens: Int32Array.of(4, 5, 6, 7),
  logProbs: new Float32Array(4),
  finishReason: 'stop',
  policyVersion: 0,
  segmentNumbers: Uint8Array.of(0, 0, 1, 1),
};
const segments = [{ until: 'x', temperature: 1.5 }, { trained: false }];

describe('segments of a completion', () => {
  it('are asked for with what the call draws at, where they say nothing themselves', () => {
    const tokenizer = { decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)) };
    const asked = rolloutSegments(tokenizer, [{ until: 'ab', top_p: 0.5, forks: 2 }, { max_tokens: 3 }], 0.8);
    expect(asked).toMatchObject([
      { temperature: 0.8, topP: 0.5, forks: 2 },
      { temperature: 0.8, topP: 1, forks: 1, maxTokens: 3 },
    ]);
    expect(asked?.map(({ isEnd }) => isEnd?.([120, 97, 98]))).toEqual([true, undefined]);
    expect(rolloutSegments(tokenizer, [], 1)).toBeNull();
  });

  it('say of each token what it was drawn at and whether it is learned from', () => {
    const drawn = drawnSegments(sample, segments, 0.5, true);
    expect([...(drawn?.temperature ?? [])]).toEqual([1.5, 1.5, 0.5, 0.5]);
    expect([...(drawn?.trained ?? [])]).toEqual([1, 1, 0, 0]);
  });

  it('are learned from once where forks share them', () => {
    const forked = { ...sample, sharedTokens: 3 };
    const trained = (isFirst: boolean) => [...(drawnSegments(forked, [{ until: 'x' }, {}], 1, isFirst)?.trained ?? [])];
    expect([trained(true), trained(false)]).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 1],
    ]);
  });

  it('leave the loss its one temperature where they do not differ from it', () => {
    expect(policyTemperature([], 0.7)).toBe(0.7);
    expect(policyTemperature([{ until: 'x' }, { temperature: 0.7 }], 0.7)).toBe(0.7);
    expect(policyTemperature(segments, 0.7)).toBe(PER_TOKEN);
    expect(scoringTemperature([], 0.7)).toBe(0.7);
  });
});
