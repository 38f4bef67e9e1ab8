// The decoder and the small program that the executor suite trains, with their feeds and options.

import { gradientOutput, gradients, GraphBuilder, ops } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { buildDecoderProgram, decoderFeeds, decoderShapes } from '@preheat/graph/conformance';
import type { DecoderSize } from '@preheat/graph/conformance';
import { expect } from 'vitest';
import type { Executor, Feeds, ParameterSpec, Tensors, UpdateOptions } from '../executor.js';

/** Grouped queries, an uneven vocabulary above the one-hot limit of embedding gradients, two layers. */
export const decoder: DecoderSize = {
  layers: 2,
  width: 16,
  heads: 4,
  keyHeads: 2,
  hidden: 24,
  vocabulary: 300,
  batch: 4,
  length: 5,
};

export const options: UpdateOptions = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  gradientScale: 1,
};

/** Largest distance of two arrays, relative to the largest reference number. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [distance, size] = [0, 1e-3];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    distance = Math.max(distance, Number.isNaN(a) ? Infinity : Math.abs(a - b));
    size = Math.max(size, Math.abs(b));
  }
  return distance / size;
}

export function parametersOf(all: Feeds): Tensors {
  const entries = Object.entries(all).filter(([name]) => name in decoderShapes(decoder));
  return Object.fromEntries(entries) as Tensors;
}

export function batchOf(all: Feeds): Feeds {
  const { tokens, targets, weights } = all;
  if (!tokens || !targets || !weights) throw new Error('the decoder has no batch');
  return { tokens, targets, weights };
}

export const decoderLayout = (): ParameterSpec[] =>
  Object.entries(decoderShapes(decoder)).map(([name, shape]) => ({ name, shape }));

/** Opens a decoder for training; the function it returns takes so many steps. */
export async function trainDecoder(executor: Executor): Promise<(steps: number) => Promise<void>> {
  const all = decoderFeeds(decoder);
  const program = buildDecoderProgram(decoder);
  const state = await executor.openTraining(decoderLayout());
  await state.load({ parameters: parametersOf(all) });
  return async (steps) => {
    for (let step = 0; step < steps; step++) {
      await state.accumulate(program, batchOf(all));
      await state.accumulate(program, batchOf(all));
      await state.update({ ...options, gradientScale: 0.5 });
    }
  };
}

/** Opens the small program for training; the function it returns takes so many steps of two micro-batches. */
export async function trainSmall(executor: Executor): Promise<(steps: number) => Promise<void>> {
  const program = smallProgram();
  const state = await executor.openTraining(smallLayout);
  await state.load({ parameters: smallParameters });
  return async (steps) => {
    for (let step = 0; step < steps; step++) {
      for (let part = 0; part < 2; part++) await state.accumulate(program, smallFeeds);
      await state.update(options);
    }
  };
}

/** A program on the small parameters whose intermediate has 2^46 elements: more than the address space of any machine. */
export function impossibleProgram(): Program {
  const graph = new GraphBuilder();
  const w = graph.parameter('w', [3, 2]);
  const [x, y] = [graph.input('x', 'f32', [2 ** 23, 1]), graph.input('y', 'f32', [1, 2 ** 23])];
  const loss = ops.add(ops.sum(ops.exp(ops.matmul(x, y))), ops.sum(w));
  const [dw] = gradients(loss, [w]);
  return graph.build({ outputs: { loss, [gradientOutput('w')]: dw } });
}

/** A parameter `w` (3×2) and a bias `b` (2), with the loss Σ x·w·y + Σ b·b. */
export function smallProgram(): Program {
  const graph = new GraphBuilder();
  const [w, b] = [graph.parameter('w', [3, 2]), graph.parameter('b', [2])];
  const [x, y] = [graph.input('x', 'f32', [1, 3]), graph.input('y', 'f32', [1, 2])];
  const loss = ops.add(ops.sum(ops.mul(ops.matmul(x, w), y)), ops.sum(ops.square(b)));
  const [dw, db] = gradients(loss, [w, b]);
  return graph.build({
    outputs: { loss, [gradientOutput('w')]: dw, [gradientOutput('b')]: db },
  });
}

export const smallLayout: ParameterSpec[] = [
  { name: 'b', shape: [2] },
  { name: 'w', shape: [3, 2] },
];
export const smallParameters = { w: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(-1, 1) };
export const smallFeeds = { x: Float32Array.of(1, -1, 2), y: Float32Array.of(1, 0.5) };
