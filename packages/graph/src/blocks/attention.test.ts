import { causalBlocks } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { longAttentionCases, longAttentionFeeds, longAttentionProgram } from '../conformance/long-attention.js';
import { evaluateProgram, peakBytes } from '../index.js';
import type { Program } from '../index.js';

const PLAIN = { keyHeads: 2, options: {}, maskShape: null };

describe('causal attention over long rows', () => {
  it.each(longAttentionCases)('is that of the whole square in float64, with its gradients: %s', (_, each) => {
    const [cut, whole] = [longAttentionProgram(each, true), longAttentionProgram(each, false)];
    const [found, expected] = [cut, whole].map((program) =>
      evaluateProgram(program, longAttentionFeeds(program, each)),
    );
    for (const [name, values] of Object.entries(expected ?? {})) {
      const furthest = values.reduce(
        (most, x, at) => Math.max(most, Math.abs(x - (found?.[name]?.[at] ?? Number.NaN))),
        0,
      );
      expect({ name, isClose: furthest < 1e-9 }).toEqual({ name, isClose: true });
    }
  });

  it('neither scores nor keeps what is hidden', () => {
    const [cut, whole] = [longAttentionProgram(PLAIN, true, 1024), longAttentionProgram(PLAIN, false, 1024)];
    const scored = ({ nodes }: Program) =>
      nodes.reduce((sum, { primitive, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return primitive === 'matmul' && shape.at(-1) !== 2 ? sum + size : sum;
      }, 0);
    const share = causalBlocks(1024).reduce(
      (sum, { queries, keys }) => sum + ((queries[1] - queries[0]) * (keys[1] - keys[0])) / 1024 ** 2,
      0,
    );
    expect(share).toBe(0.625);
    expect(scored(cut)).toBe(share * scored(whole));
    expect(peakBytes(cut)).toBeLessThan(0.75 * peakBytes(whole));
  });

  it('is cut into blocks that see no more than their window', () => {
    expect(causalBlocks(256)).toEqual([{ queries: [0, 256], keys: [0, 256] }]);
    expect(causalBlocks(600, 100)).toEqual([
      { queries: [0, 256], keys: [0, 256] },
      { queries: [256, 512], keys: [157, 512] },
      { queries: [512, 600], keys: [413, 600] },
    ]);
  });
});
