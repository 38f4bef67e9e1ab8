// Causal attention over more positions than one block has, with its gradients: cut into blocks, or over the whole square
// with a mask that hides the future.

import { gradients } from '../gradients.js';
import { type AttentionOptions, blocks, GraphBuilder, ops } from '../index.js';
import type { Program, Value } from '../index.js';

/** Longer than one block, and not a multiple of it. */
const LENGTH = 280;
const HEADS = 2;
const WIDTH = 2;

export interface LongAttention {
  readonly keyHeads: number;
  readonly options: Omit<AttentionOptions, 'causal' | 'mask'>;
  /** Of a mask beside the positions. */
  readonly maskShape: readonly number[] | null;
}

export const longAttentionCases: readonly (readonly [string, LongAttention])[] = [
  [
    'grouped queries, a scale and a mask of keys',
    { keyHeads: 1, options: { scale: 0.3 }, maskShape: [1, 1, 1, LENGTH] },
  ],
  ['a window over blocks and capped scores', { keyHeads: 2, options: { window: 270, softcap: 2 }, maskShape: null }],
  ['a window within a block and a mask of all', { keyHeads: 2, options: { window: 40 }, maskShape: [LENGTH, LENGTH] }],
];
/** Attention and the gradients of a sum over it; the causal triangle by positions, or by a mask that hides it. */
export function longAttentionProgram(
  { keyHeads, options, maskShape }: LongAttention,
  isCausal: boolean,
  length: number = LENGTH,
): Program {
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

/** Of a program of the default length. */
export function longAttentionFeeds(
  { inputs }: Program,
  { options: { window = LENGTH } }: LongAttention,
): Record<string, Float32Array> {
  const hidden = Float32Array.from({ length: LENGTH * LENGTH }, (_, index) => {
    const [row, column] = [Math.floor(index / LENGTH), index % LENGTH];
    return column > row || column <= row - window ? 1 : 0;
  });
  return Object.fromEntries(
    inputs.map(({ name, shape }, input) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, name === 'hidden' ? hidden : Float32Array.from({ length }, (_, k) => Math.sin(k * (1.7 + input)))];
    }),
  );
}
