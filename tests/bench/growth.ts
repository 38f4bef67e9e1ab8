/** How the cost of a step grows: one size of t1's step changes at a time. Drawn as one plot a size. */
import { availableParallelism } from 'node:os';
import type { Match } from './match.js';
import type { Sides } from './sides.js';
import { type ModelSize, writeModel, writtenFolder } from './written-models.js';

export const GROWING = ['batch', 'length', 'depth', 'width'] as const;
export type Growing = (typeof GROWING)[number];

interface Point extends ModelSize {
  readonly batch: number;
  readonly length: number;
}

const BASE: Point = { layers: 4, width: 96, heads: 4, inner: 256, batch: 16, length: 64 };
const HEAD_WIDTH = 32;

export const GROWTH_POINTS: Readonly<Record<Growing, readonly number[]>> = {
  batch: [1, 4, 16, 64],
  length: [16, 64, 256, 1024],
  depth: [1, 2, 4, 8],
  width: [64, 128, 256, 512],
};

function pointAt(growing: Growing, value: number): Point {
  if (growing === 'batch') return { ...BASE, batch: value };
  if (growing === 'length') return { ...BASE, length: value, batch: 4 };
  if (growing === 'depth') return { ...BASE, layers: value };
  return { ...BASE, layers: 2, width: value, heads: value / HEAD_WIDTH, inner: 3 * value };
}

export const growthId = (growing: Growing, value: number): string => `growth-${growing}-${value}`;

export function growthMatches(
  sides: Sides,
  flags: (values: Readonly<Record<string, string | number>>) => string[],
): Match[] {
  return GROWING.flatMap((growing) =>
    GROWTH_POINTS[growing].map((value) => {
      const { batch, length, ...size } = pointAt(growing, value);
      const model = writtenFolder(sides.model(''), size);
      const work = { model, batch, seq: length, steps: sides.isQuick ? 3 : 15, warmup: 3 };
      return {
        id: growthId(growing, value),
        title: `Step by ${growing}: ${size.layers}×${size.width}, ${batch}×${length}`,
        metric: { key: 'median_step_ms', unit: 'ms', better: 'lower' } as const,
        sides: [
          sides.ours('sft.ts', flags(work)),
          sides.script('torch', 'peer_sft.py', flags({ ...work, impl: 'torch', threads: availableParallelism() })),
        ],
        comparisons: [{ peer: 'hand-written torch', sides: ['torch'], goal: null }],
        prepare: () => writeModel(sides.model(''), size),
      };
    }),
  );
}
