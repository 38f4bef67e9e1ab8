// What every executor must satisfy when it keeps an average of the parameters.

import { gradientOutput, gradients, GraphBuilder, ops } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, ParameterSpec, Tensors, TrainingState } from '../executor.js';

/** Odd sizes, so that vectors end inside a tensor; one parameter is frozen. */
const layout: ParameterSpec[] = [
  { name: 'matrix', shape: [3, 5] },
  { name: 'bias', shape: [3] },
  { name: 'frozen', shape: [2], trainable: false },
];
const parameters = {
  matrix: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
  bias: Float32Array.of(1, -2, 0.5),
  frozen: Float32Array.of(7, 8),
};
const update = {
  learningRate: 0.05,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  gradientScale: 1,
};

/** With the gradients of Σ matrix² + Σ x·bias². */
function squares(): Program {
  const graph = new GraphBuilder();
  const [matrix, bias, x] = [
    graph.parameter('matrix', [3, 5]),
    graph.parameter('bias', [3]),
    graph.input('x', 'f32', [1]),
  ];
  const loss = ops.add(ops.sum(ops.square(matrix)), ops.sum(ops.mul(x, ops.square(bias))));
  const [toMatrix, toBias] = gradients(loss, [matrix, bias]);
  return graph.build({ outputs: { [gradientOutput('matrix')]: toMatrix, [gradientOutput('bias')]: toBias } });
}

/** Σ matrix². */
function norm(): Program {
  const graph = new GraphBuilder();
  return graph.build({ outputs: { norm: ops.sum(ops.square(graph.parameter('matrix', [3, 5]))) } });
}

export function describeAveraging(open: () => Promise<Executor>): void {
  let executor: Executor;
  beforeAll(async () => {
    executor = await open();
  });
  afterAll(() => executor.dispose());

  const opened = async (averageDecay?: number): Promise<TrainingState> => {
    const state = await executor.openTraining(layout, averageDecay === undefined ? {} : { averageDecay });
    await state.load({ parameters });
    return state;
  };
  const program = squares();
  const step = async (state: TrainingState, x = 1) => {
    await state.accumulate(program, { x: Float32Array.of(x) });
    return state.update(update);
  };

  describe('an average of the parameters', () => {
    it.each<[string, number, readonly number[]]>([
      ['warms up to a long decay', 0.9, [1 / 10, 2 / 11, 3 / 12, 4 / 13, 5 / 14]],
      ['soon reaches a short one', 0.22, [1 / 10, 2 / 11, 0.22, 0.22, 0.22]],
    ])('starts at what was loaded, and %s, by hand computation', async (_, averageDecay, decays) => {
      const state = await opened(averageDecay);
      const expected = [...parameters.matrix];
      expect((await state.read()).average).toEqual({ matrix: parameters.matrix, bias: parameters.bias });
      for (const decay of decays) {
        await step(state);
        const { parameters: now, average } = await state.read();
        for (const [index, old] of expected.entries()) {
          const next = decay * old + (1 - decay) * (now['matrix']?.[index] ?? Number.NaN);
          expected[index] = next;
          expect(average?.['matrix']?.[index]).toBeCloseTo(next, 6);
        }
      }
    });

    it('warms up by the updates it took, not by the calls: a start in the middle with no average begins one there', async () => {
      const state = await executor.openTraining(layout, { averageDecay: 0.9 });
      await state.load({ parameters, stepCount: 3 });
      await step(state, Number.NaN);
      await step(state);
      const { parameters: now, average } = await state.read();
      parameters.bias.forEach((old, i) => {
        const expected = (4 / 13) * old + (9 / 13) * (now['bias']?.[i] ?? Number.NaN);
        expect(average?.['bias']?.[i]).toBeCloseTo(expected, 6);
      });
    });

    it('does not change the training', async () => {
      const [with_, without] = [await opened(0.99), await opened()];
      for (const state of [with_, without]) for (let i = 0; i < 3; i++) await step(state);
      const { average, ...rest } = await with_.read();
      expect(rest).toEqual(await without.read());
      expect(average?.['bias']).not.toEqual(rest.parameters['bias']);
    });

    it('is the parameters themselves with a decay of 0', async () => {
      const state = await opened(0);
      await step(state);
      const { average, parameters: now } = await state.read();
      for (const name of ['matrix', 'bias']) {
        now[name]?.forEach((x, i) => expect(average?.[name]?.[i]).toBeCloseTo(x, 6));
      }
    });

    it('goes on from a snapshot bit for bit', async () => {
      const state = await opened(0.95);
      for (let i = 0; i < 3; i++) await step(state);
      const resumed = await executor.openTraining(layout, { averageDecay: 0.95 });
      await resumed.load(await state.read());
      expect(await resumed.read()).toEqual(await state.read());
      for (const each of [state, resumed]) for (let i = 0; i < 3; i++) await step(each);
      expect(await resumed.read()).toEqual(await state.read());
    });

    it('stays where it is when a gradient is dropped', async () => {
      const state = await opened(0.9);
      await step(state);
      const before = await state.read();
      expect((await step(state, Number.NaN)).applied).toBe(false);
      expect(await state.read()).toEqual(before);
    });

    it('stands in for the parameters while work runs, and gives way to the very same ones', async () => {
      const state = await opened(0.9);
      for (let i = 0; i < 3; i++) await step(state);
      const before = await state.read();
      const seen = await state.withAverage(async () => ({
        norm: (await state.evaluate(norm(), {}))['norm']?.[0],
        parameters: (await state.read()).parameters,
      }));
      const averaged: Tensors = { ...before.average, frozen: parameters.frozen };
      expect(seen.parameters).toEqual(averaged);
      const expected = [...(averaged['matrix'] ?? [])].reduce((sum, x) => sum + x * x, 0);
      expect(seen.norm).toBeCloseTo(expected, 4);
      expect(await state.read()).toEqual(before);
      expect((await state.evaluate(norm(), {}))['norm']?.[0]).not.toBeCloseTo(expected, 4);
      await step(state);
    });

    it('gives way also when the work fails, and lets nothing train meanwhile', async () => {
      const state = await opened(0.9);
      await step(state);
      const before = await state.read();
      const work = () =>
        Promise.all([
          expect(step(state)).rejects.toThrow('accumulate: the average stands in'),
          expect(state.update(update)).rejects.toThrow('update: the average stands in'),
          expect(state.load({ parameters })).rejects.toThrow('load: the average stands in'),
          expect(state.withAverage(async () => 0)).rejects.toThrow('withAverage: the average stands in'),
        ]).then(() => Promise.reject(new Error('stopped')));
      await expect(state.withAverage(work)).rejects.toThrow('stopped');
      expect(await state.read()).toEqual(before);
      await step(state);
    });

    it('is refused where none is kept, or with a decay out of range', async () => {
      const [keeping, state] = [await opened(0.9), await opened()];
      await expect(state.load(await keeping.read())).rejects.toThrow('average: none is kept here');
      await expect(state.withAverage(async () => 0)).rejects.toThrow('average: none is kept here');
      await expect(executor.openTraining(layout, { averageDecay: 1 })).rejects.toThrow('must be in [0, 1), got 1');
    });
  });
}
