/** What forks of one beginning are trained on: the beginning once, each end by itself. */
import { describe, expect, it } from 'vitest';
import { drawnSegments } from '../rollout/answer-segments.js';
import type { Completion } from '../rollout/collect.js';
import type { GrpoConfig } from './keys.js';
import { weightedRows } from './weighted-rows.js';

const config = {
  loss_aggregation: 'token',
  max_completion_tokens: 8,
  mask_truncated: false,
  temperature: 1,
} as GrpoConfig;

/** Two forks behind a prompt of one token that share two tokens of three. */
function forks(trained: boolean, finishReason: 'stop' | 'length' = 'stop', sharedTokens = 2): Completion[] {
  const answer_segments = [{ max_tokens: 2, forks: 2, trained }, {}];
  return [0, 1].map((fork) => {
    const sample = {
      tokens: Int32Array.of(5, 6, 7 + fork),
      logProbs: Float32Array.of(-1, -2, -3),
      finishReason,
      policyVersion: 0,
      segmentNumbers: Uint8Array.of(0, 0, 1),
      sharedTokens,
    };
    const segments = drawnSegments(sample, answer_segments, 1, fork === 0 ? 0 : sharedTokens);
    return { row: { messages: [] }, prompt: Int32Array.of(4), sample, ...(segments && { segments }) };
  });
}

const scores = { advantages: Float64Array.of(0.5, -0.5), beginnings: Float64Array.of(2, 2) };
const told = ({ rows }: Awaited<ReturnType<typeof weightedRows>>) =>
  rows.map(({ policyGradient }) => [[...(policyGradient?.weight ?? [])], [...(policyGradient?.advantage ?? [])]]);

describe('forked completions', () => {
  it('train their beginning once by what it is worth, and their ends by how they compare', async () => {
    const weighted = await weightedRows(null, config, forks(true), scores);
    expect(told(weighted)).toEqual([
      [
        [0, 1, 1, 1],
        [0, 2, 2, 0.5],
      ],
      [
        [0, 0, 0, 1],
        [0, 2, 2, -0.5],
      ],
    ]);
    expect(weighted.denominator).toBe(4);
  });

  it('are three sequences where each counts the same: the beginning, and every end', async () => {
    const bySequence = { ...config, loss_aggregation: 'sequence' } as GrpoConfig;
    const weighted = await weightedRows(null, bySequence, forks(true), scores);
    expect(told(weighted).map(([weight]) => weight)).toEqual([
      [0, 0.5, 0.5, 1],
      [0, 0, 0, 1],
    ]);
    expect(weighted.denominator).toBe(3);
    // What was over before it forked is one, told twice.
    const over = await weightedRows(null, bySequence, forks(true, 'stop', 3), scores);
    const third = Math.fround(1 / 3);
    expect(told(over).map(([weight]) => weight)).toEqual([
      [0, third, third, third],
      [0, 0, 0, 0],
    ]);
    expect(over.denominator).toBe(1);
    const masked = await weightedRows(null, bySequence, forks(false), scores);
    expect(masked.denominator).toBe(2);
  });

  it('leave a beginning alone that is not trained', async () => {
    const weighted = await weightedRows(null, config, forks(false), scores);
    expect(told(weighted).map(([weight]) => weight)).toEqual([
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    expect(weighted.denominator).toBe(2);
  });

  it('leave out what ran to the limit and not the beginning, unless it is that which did', async () => {
    const masking = { ...config, mask_truncated: true };
    const weightsOf = async (completions: Completion[]) =>
      told(await weightedRows(null, masking, completions, scores)).map(([weight]) => weight);
    expect(await weightsOf(forks(true, 'length'))).toEqual([
      [0, 1, 1, 0],
      [0, 0, 0, 0],
    ]);
    expect(await weightsOf(forks(true, 'length', 3))).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
});
