// The same bits whatever the number of workers, and the same arithmetic in every thread.

import { GraphBuilder, ops } from '@preheat/graph';
import { buildDecoderProgram, decoderFeeds, decoderShapes } from '@preheat/graph/conformance';
import { afterAll, describe, expect, it } from 'vitest';
import type { Executor, Feeds, Tensors } from '../executor.js';
import { createOnnxExecutor } from './index.js';

const decoder = { layers: 1, width: 32, heads: 4, keyHeads: 2, hidden: 48, vocabulary: 50, batch: 1, length: 7 };
const options = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  gradientScale: 0.2,
};

const opened: Executor[] = [];
const open = (workers: number) => {
  const executor = createOnnxExecutor({ workers, threads: 1 });
  opened.push(executor);
  return executor;
};
afterAll(() => Promise.all(opened.map((executor) => executor.dispose())));

/** Three steps of five micro-batches of unequal work, asked for at once. */
async function train(executor: Executor) {
  const state = await executor.openTraining(
    Object.entries(decoderShapes(decoder)).map(([name, shape]) => ({ name, shape })),
  );
  const parameterNames = Object.keys(decoderShapes(decoder));
  const parameters = Object.fromEntries(
    Object.entries(decoderFeeds(decoder)).filter(([name]) => parameterNames.includes(name)),
  );
  await state.load({ parameters: parameters as Tensors });
  const programs = [8, 1].map((batch) => ({ batch, program: buildDecoderProgram({ ...decoder, batch }) }));
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const runs = [0, 1, 1, 0, 1].map((choice, i) => {
      const { batch, program } = programs[choice] ?? programs[0]!;
      const { tokens, targets, weights } = decoderFeeds({ ...decoder, batch }, 10 * step + i) as Required<Feeds>;
      return state.accumulate(program, { tokens: tokens!, targets: targets!, weights: weights! });
    });
    losses.push(...(await Promise.all(runs)).map(({ loss }) => loss?.[0] ?? Number.NaN));
    losses.push((await state.update(options)).gradientNorm);
  }
  const snapshot = await state.read();
  await state.dispose();
  return { losses, snapshot };
}

describe('training', () => {
  it('gives the same bits in this thread and on one, two or three workers', async () => {
    const expected = await train(open(0));
    for (const workers of [1, 2, 3]) expect(await train(open(workers)), `${workers} workers`).toEqual(expected);
  });

  it('gives the same bits when repeated', async () => {
    const executor = open(2);
    expect(await train(executor)).toEqual(await train(executor));
  });

  it('turns denormal numbers into zeros in every thread', async () => {
    const graph = new GraphBuilder();
    const [x, w] = [graph.input('x', 'f32', [1]), graph.parameter('w', [1])];
    const program = graph.build({ outputs: { product: ops.mul(x, w) } });
    for (const workers of [0, 3]) {
      const state = await open(workers).openTraining([{ name: 'w', shape: [1] }]);
      await state.load({ parameters: { w: Float32Array.of(1e-20) } });
      const runs = Array.from({ length: 12 }, () => state.evaluate(program, { x: Float32Array.of(1e-20) }));
      for (const { product } of await Promise.all(runs)) expect(product?.[0]).toBe(0);
    }
  });
});
