import { causalBlocks } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { type AttentionOptions, blocks, evaluateProgram, gradients, GraphBuilder, ops, peakBytes } from '../index.js';
import type { Program, Value } from '../index.js';

/** Longer than one block, and not a multiple of it. */
const LENGTH = 280;
const [HEADS, WIDTH] = [2, 2];

interface Case {
  readonly keyHeads: number;
  readonly options: Omit<AttentionOptions, 'causal' | 'mask'>;
  /** Of a mask beside the positions. */
  readonly maskShape: readonly number[] | null;
}

const CASES: readonly (readonly [string, Case])[] = [
  [
    'grouped queries, a scale and a mask of keys',
    { keyHeads: 1, options: { scale: 0.3 }, maskShape: [1, 1, 1, LENGTH] },
  ],
  ['a window over blocks and capped scores', { keyHeads: 2, options: { window: 270, softcap: 2 }, maskShape: null }],
  ['a window within a block and a mask of all', { keyHeads: 2, options: { window: 40 }, maskShape: [LENGTH, LENGTH] }],
];
const PLAIN: Case = { keyHeads: 2, options: {}, maskShape: null };

/** Attention and the gradients of a sum over it; the causal triangle by positions, or by a mask that hides it. */
function attentionProgram({ keyHeads, options, maskShape }: Case, isCausal: boolean, length = LENGTH): Program {
  const graph = new GraphBuilder();
  const query = graph.parameter('query', [1, HEADS, length, WIDTH]);
  const [key, value] = ['key', 'value'].map((name) => graph.parameter(name, [1, keyHeads, length, WIDTH])) as [
    Value,
    Value,
  ];
  const own = maskShape && ops.less(graph.input('mask', 'f32', maskShape), 0.9);
  const { window, ...rest } = options;
  const causal = { ...options, causal: true, ...(own && { mask: own }) };
  const seen = ops.less(graph.input('hidden', 'f32', [length, length]), 0.5);
  const whole = { ...rest, mask: own ? ops.and(seen, own) : seen };
  const output = blocks.attention(query, key, value, isCausal ? causal : whole);
  const loss = ops.sum(ops.mul(output, ops.sin(ops.mul(output, 3))));
  const found: readonly Value[] = gradients(loss, [query, key, value]);
  return graph.build({
    outputs: { output, dQuery: found[0], dKey: found[1], dValue: found[2] } as Record<string, Value>,
  });
}

function feedsOf({ inputs }: Program, window: number): Record<string, number[]> {
  const hidden = Array.from({ length: LENGTH * LENGTH }, (_, index) => {
    const [row, column] = [Math.floor(index / LENGTH), index % LENGTH];
    return column > row || column <= row - window ? 1 : 0;
  });
  return Object.fromEntries(
    inputs.map(({ name, shape }, input) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, name === 'hidden' ? hidden : Array.from({ length }, (_, k) => Math.sin(k * (1.7 + input)))];
    }),
  );
}

describe('causal attention over long rows', () => {
  it.each(CASES)('is that of the whole square in float64, with its gradients: %s', (_, each) => {
    const [cut, whole] = [attentionProgram(each, true), attentionProgram(each, false)];
    const window = each.options.window ?? LENGTH;
    const [found, expected] = [cut, whole].map((program) => evaluateProgram(program, feedsOf(program, window)));
    for (const [name, values] of Object.entries(expected ?? {})) {
      const furthest = values.reduce(
        (most, x, at) => Math.max(most, Math.abs(x - (found?.[name]?.[at] ?? Number.NaN))),
        0,
      );
      expect({ name, isClose: furthest < 1e-9 }).toEqual({ name, isClose: true });
    }
  });

  it('neither scores nor keeps what is hidden', () => {
    const [cut, whole] = [attentionProgram(PLAIN, true, 1024), attentionProgram(PLAIN, false, 1024)];
    const scored = ({ nodes }: Program) =>
      nodes.reduce((sum, { primitive, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return primitive === 'matmul' && shape.at(-1) !== WIDTH ? sum + size : sum;
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
