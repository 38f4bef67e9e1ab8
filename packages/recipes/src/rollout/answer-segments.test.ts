import { PER_TOKEN } from '@preheat/nn';
import { describe, expect, it } from 'vitest';
import { trainsBeginnings } from '../catalog/answer-segments.js';
import type { RolloutSample } from '../recipe.js';
import type { Completion } from './collect.js';
import { drawMetrics, rolloutMetrics } from './report.js';
import { drawnSegments, policyTemperature, rolloutSegments, scoringTemperature } from './answer-segments.js';

const sample: RolloutSample = {
  tokens: Int32Array.of(4, 5, 6, 7),
  logProbs: new Float32Array(4),
  finishReason: 'stop',
  policyVersion: 0,
  segmentNumbers: Uint8Array.of(0, 0, 1, 1),
};
const segments = [{ until: 'x', temperature: 1.5 }, { trained: false }];

const tokenizer = {
  decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)),
  encode: (text: string) => Int32Array.from([...text], (letter) => letter.charCodeAt(0)),
};

describe('segments of a completion', () => {
  it('are asked for with what the call draws at, where they say nothing themselves', () => {
    const asked = rolloutSegments(tokenizer, [{ until: 'ab', top_p: 0.5, forks: 2 }, { max_tokens: 3 }], 0.8);
    expect(asked).toMatchObject([
      { temperature: 0.8, topP: 0.5, forks: 2 },
      { temperature: 0.8, topP: 1, forks: 1, maxTokens: 3 },
    ]);
    expect(asked?.map(({ isEnd }) => isEnd?.([120, 97, 98]))).toEqual([true, undefined]);
    expect(rolloutSegments(tokenizer, [], 1)).toBeNull();
  });

  it('say of each token what it was drawn at and whether it is learned from', () => {
    const drawn = drawnSegments(sample, segments, 0.5, 0);
    expect([...(drawn?.temperature ?? [])]).toEqual([1.5, 1.5, 0.5, 0.5]);
    expect([...(drawn?.trained ?? [])]).toEqual([1, 1, 0, 0]);
  });

  it('are forced to the tokens of their text where they say so', () => {
    const cut = { until: 'ab', max_tokens: 3 };
    const asked = rolloutSegments(tokenizer, [{ ...cut, force: true }, { ...cut, force: false }, cut], 1);
    expect(asked?.map(({ forced }) => forced)).toEqual([[97, 98], undefined, undefined]);
  });

  it('hand on which tokens were forced, which have no part in what is measured of the drawn', () => {
    const forced = Uint8Array.of(0, 1, 0, 0);
    const cut = { ...sample, logProbs: Float32Array.of(-1, 0, -2, -3), forced };
    expect(drawnSegments(cut, segments, 0.5, 0)?.forced).toBe(forced);
    const completions = [cut, { ...cut, forced: new Uint8Array(4), logProbs: Float32Array.of(-1, -1, -1, -3) }].map(
      (each): Completion => ({ row: { messages: [] }, prompt: Int32Array.of(1), sample: each }),
    );
    expect(rolloutMetrics({ completions, grades: [] })['sampled_entropy']).toBeCloseTo((6 + 6) / 7, 6);
    const draw = { repetition: null, prefixKey: '' };
    const forcing = [{ until: 'x', max_tokens: 1, force: true }, {}];
    expect(drawMetrics(completions, { ...draw, segments: forcing })).toEqual({
      forced_fraction: 0.5,
      last_segment_fraction: 1,
    });
    expect(drawMetrics(completions, { ...draw, segments })).toEqual({ last_segment_fraction: 1 });
  });

  it('are learned from once where forks share them', () => {
    const forked = { ...sample, sharedTokens: 3 };
    const trained = (repeated: number) => [
      ...(drawnSegments(forked, [{ until: 'x' }, {}], 1, repeated)?.trained ?? []),
    ];
    expect([trained(0), trained(3)]).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 1],
    ]);
  });

  it('train the beginnings of forks where any segment up to the fork is trained', () => {
    const masked = { until: 'x', trained: false };
    expect(trainsBeginnings([masked, { until: 'y', forks: 2 }, {}])).toBe(true);
    expect(trainsBeginnings([masked, { ...masked, forks: 2 }, {}])).toBe(false);
  });

  it('leave the loss its one temperature where they do not differ from it', () => {
    expect(policyTemperature([], 0.7)).toBe(0.7);
    expect(policyTemperature([{ until: 'x' }, { temperature: 0.7 }], 0.7)).toBe(0.7);
    expect(policyTemperature(segments, 0.7)).toBe(PER_TOKEN);
    expect(scoringTemperature([], 0.7)).toBe(0.7);
  });
});
