// What every executor must satisfy, as a suite that each executor's own test file runs: agreement with the float64
// reference on every primitive, block and program of the conformance cases, AdamW against a plain loop, and the
// accounting of training states.

import { evaluateProgram, gradientOf, gradientOutput, gradients, GraphBuilder, ops } from '@preheat/graph';
import {
  blockCases,
  buildCaseProgram,
  buildDecoderProgram,
  decoderFeeds,
  longAttentionCases,
  longAttentionFeeds,
  longAttentionProgram,
  primitiveCases,
  programCases,
} from '@preheat/graph/conformance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor, Feeds, ParameterSpec, Tensors, TrainingState } from '../executor.js';
import { OutOfMemoryError } from '../out-of-memory.js';
import { naiveAdamW } from './naive-adamw.js';
import {
  batchOf,
  decoder,
  decoderLayout,
  impossibleProgram,
  options,
  parametersOf,
  relativeError,
  smallFeeds,
  smallLayout,
  smallParameters,
  smallProgram,
} from './training-fixtures.js';

/** Runs the suite on the executor that `open` makes; `tolerance` is relative, for single precision. */
export function describeExecutor(open: () => Promise<Executor>, tolerance: number): void {
  let executor: Executor;
  beforeAll(async () => {
    executor = await open();
  });
  afterAll(() => executor.dispose());

  const training = async (layout: ParameterSpec[], parameters: Tensors): Promise<TrainingState> => {
    const state = await executor.openTraining(layout);
    await state.load({ parameters });
    return state;
  };

  describe('agrees with the reference on', () => {
    for (const [name, examples] of Object.entries({ ...primitiveCases, ...blockCases, ...programCases })) {
      it(name, async () => {
        for (const example of examples) {
          const { program, feeds } = buildCaseProgram(example);
          const compiled = await executor.compile(program);
          const actual = await compiled.run(feeds);
          const expected = evaluateProgram(program, feeds);
          expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
          for (const [output, numbers] of Object.entries(expected)) {
            expect(relativeError(actual[output] ?? [], numbers), output).toBeLessThan(tolerance);
          }
          await compiled.dispose();
        }
      });
    }

    it.each(longAttentionCases)('attention over long rows in blocks, as over the whole square: %s', async (_, each) => {
      const results: Record<string, Float32Array>[] = [];
      for (const isCut of [true, false]) {
        const program = longAttentionProgram(each, isCut);
        const compiled = await executor.compile(program);
        results.push(await compiled.run(longAttentionFeeds(program, each)));
        await compiled.dispose();
      }
      const [cut, whole] = results;
      for (const [output, numbers] of Object.entries(whole ?? {}))
        expect(relativeError(cut?.[output] ?? [], numbers), output).toBeLessThan(tolerance);
    });

    it('outputs that are one value, an input, a constant or a repeated number', async () => {
      const graph = new GraphBuilder();
      const x = graph.parameter('x', [2]);
      const [doubled, one] = [ops.mul(x, 2), graph.constant(Float32Array.of(5, 6), [2])];
      const zeros = ops.broadcastTo(graph.scalar(0), [3]);
      const program = graph.build({ outputs: { a: doubled, b: doubled, c: x, d: one, e: zeros, f: ops.exp(doubled) } });
      const compiled = await executor.compile(program);
      const actual = await compiled.run({ x: Float32Array.of(0, 1) });
      expect(actual).toMatchObject({
        a: Float32Array.of(0, 2),
        b: Float32Array.of(0, 2),
        c: Float32Array.of(0, 1),
        d: Float32Array.of(5, 6),
        e: Float32Array.of(0, 0, 0),
      });
      expect(relativeError(actual.f ?? [], [1, Math.exp(2)])).toBeLessThan(tolerance);
      await compiled.dispose();
    });

    it('numbers below the smallest normal one, which may become zero and nothing else', async () => {
      const graph = new GraphBuilder();
      const x = graph.input('x', 'f32', [3]);
      const program = graph.build({ outputs: { product: ops.mul(x, x), quotient: ops.div(ops.mul(x, x), x) } });
      const compiled = await executor.compile(program);
      const { product, quotient } = await compiled.run({ x: Float32Array.of(1e-20, -1e-21, 2) });
      for (const small of product?.subarray(0, 2) ?? []) expect(small >= 0 && small < 1.2e-38).toBe(true);
      for (const small of quotient?.subarray(0, 2) ?? []) expect(Math.abs(small)).toBeLessThan(1.1e-20);
      expect([product?.[2], quotient?.[2]]).toEqual([4, 2]);
      await compiled.dispose();
    });

    it('a decoder: loss and every gradient', async () => {
      const program = buildDecoderProgram(decoder);
      const all = decoderFeeds(decoder);
      const actual = await (await executor.compile(program)).run(all);
      for (const [output, numbers] of Object.entries(evaluateProgram(program, all))) {
        expect(relativeError(actual[output] ?? [], numbers)).toBeLessThan(tolerance);
      }
    });
  });

  describe('training', () => {
    it('follows naive AdamW for ten steps, clipping and decaying only matrices', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      const naive = naiveAdamW({ w: 'decays', b: 'does not decay' }, smallParameters, options);
      for (let step = 1; step <= 10; step++) {
        await state.accumulate(program, smallFeeds);
        const expected = evaluateProgram(program, { ...naive.parameters, ...smallFeeds });
        const norm = naive.update((name) => expected[gradientOutput(name)] ?? new Float64Array());
        const report = await state.update(options);
        expect(report.gradientNorm).toBeCloseTo(norm, 4);
        expect(report).toMatchObject({ clipped: norm > 1, applied: true });
      }
      const { parameters, firstMoment, secondMoment, stepCount } = await state.read();
      expect(stepCount).toBe(10);
      for (const name of ['w', 'b']) {
        expect(relativeError(parameters[name] ?? [], naive.parameters[name] ?? [])).toBeLessThan(1e-5);
        expect(relativeError(firstMoment[name] ?? [], naive.firstMoment[name] ?? [])).toBeLessThan(1e-5);
        expect(relativeError(secondMoment[name] ?? [], naive.secondMoment[name] ?? [])).toBeLessThan(1e-5);
      }
    });

    it('takes the first AdamW step that a hand computation gives', async () => {
      const state = await training([{ name: 'b', shape: [2] }], { b: Float32Array.of(-1, 2) });
      const graph = new GraphBuilder();
      const b = graph.parameter('b', [2]);
      const [db] = gradients(ops.sum(ops.square(b)), [b]);
      await state.accumulate(graph.build({ outputs: { [gradientOutput('b')]: db } }), {});
      // A first step moves every element by the learning rate, whatever the size of its gradient.
      const report = await state.update({ ...options, maxGradNorm: Infinity });
      expect(report.gradientNorm).toBeCloseTo(Math.hypot(2, 4), 5);
      const { parameters } = await state.read();
      expect(relativeError(parameters.b ?? [], [-0.99, 1.99])).toBeLessThan(1e-6);
    });

    it('sums micro-batches to the gradient of the whole batch', async () => {
      const all = decoderFeeds(decoder);
      const whole = await training(decoderLayout(), parametersOf(all));
      const parts = await training(decoderLayout(), parametersOf(all));
      const { loss } = await whole.accumulate(buildDecoderProgram(decoder), batchOf(all));
      const part = buildDecoderProgram({ ...decoder, batch: 1 });
      let total = 0;
      for (let row = 0; row < decoder.batch; row++) {
        const cut = Object.entries(batchOf(all)).map(([name, data]) => [
          name,
          data.slice(row * decoder.length, (row + 1) * decoder.length),
        ]);
        total += (await parts.accumulate(part, Object.fromEntries(cut))).loss?.[0] ?? Number.NaN;
      }
      expect(total).toBeCloseTo(loss?.[0] ?? Number.NaN, 5);
      const [a, b] = [await whole.update(options), await parts.update(options)];
      expect(b.gradientNorm / a.gradientNorm - 1).toBeLessThan(1e-6);
      // The first moment after one update is the gradient itself, up to a factor.
      const [first, second] = [(await whole.read()).firstMoment, (await parts.read()).firstMoment];
      for (const [name, numbers] of Object.entries(first)) {
        expect(relativeError(second[name] ?? [], numbers)).toBeLessThan(1e-5);
      }
    });

    it('starts every update from an empty accumulator', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      const still = { ...options, learningRate: 0 };
      await state.accumulate(program, smallFeeds);
      const once = await state.update(still);
      await state.accumulate(program, smallFeeds);
      await state.accumulate(program, smallFeeds);
      expect((await state.update(still)).gradientNorm).toBeCloseTo(2 * once.gradientNorm, 4);
      await state.accumulate(program, smallFeeds);
      expect((await state.update(still)).gradientNorm).toBeCloseTo(once.gradientNorm, 5);
      await expect(state.update(still)).rejects.toThrow('no gradient was accumulated');
    });

    it('tells the norm of what is accumulated without taking it', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      expect(await state.gradientNorm()).toBe(0);
      await state.accumulate(program, smallFeeds);
      const norm = await state.gradientNorm();
      await state.accumulate(program, smallFeeds);
      expect(await state.gradientNorm()).toBeCloseTo(2 * norm, 4);
      expect((await state.update(options)).gradientNorm).toBeCloseTo(2 * norm, 4);
      await state.accumulate(program, smallFeeds);
      await state.discard();
      expect(await state.gradientNorm()).toBe(0);
    });

    it('adds zero for parameters that a program does not train', async () => {
      const state = await training(smallLayout, smallParameters);
      await state.accumulate(smallProgram(), smallFeeds);
      await state.update({ ...options, learningRate: 0 });
      const graph = new GraphBuilder();
      const b = graph.parameter('b', [2]);
      const [db] = gradients(ops.sum(b), [b]);
      await state.accumulate(graph.build({ outputs: { [gradientOutput('b')]: db } }), {});
      expect((await state.update(options)).gradientNorm).toBeCloseTo(Math.SQRT2, 6);
    });

    it('reports a gradient that is not finite, and drops it', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      const before = await state.read();
      for (const bad of [Number.NaN, Infinity]) {
        await state.accumulate(program, { ...smallFeeds, x: Float32Array.of(bad, 1, 1) });
        const report = await state.update(options);
        expect(report).toMatchObject({ applied: false, clipped: false });
        expect(Number.isFinite(report.gradientNorm)).toBe(false);
      }
      expect(await state.read()).toEqual(before);
    });

    it('measures the norm of gradients whose squares overflow single precision', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      await state.accumulate(program, { ...smallFeeds, x: Float32Array.of(1e25, 0, 0) });
      expect((await state.update(options)).gradientNorm / 1e25).toBeCloseTo(Math.hypot(1, 0.5), 4);
    });

    it('loads and reads bit for bit, and goes on from a snapshot as if never stopped', async () => {
      const program = smallProgram();
      const state = await training(smallLayout, smallParameters);
      const step = async (of: TrainingState) => {
        await of.accumulate(program, smallFeeds);
        await of.update(options);
      };
      for (let i = 0; i < 3; i++) await step(state);
      const snapshot = await state.read();
      const resumed = await executor.openTraining(smallLayout);
      await resumed.load(snapshot);
      expect(await resumed.read()).toEqual(snapshot);
      await step(state);
      await step(resumed);
      expect(await resumed.read()).toEqual(await state.read());
    });

    it('leaves frozen parameters alone', async () => {
      const layout = [{ name: 'w', shape: [3, 2], trainable: false }, smallLayout[0] as ParameterSpec];
      const state = await training(layout, smallParameters);
      await expect(state.accumulate(smallProgram(), smallFeeds)).rejects.toThrow('parameter "w" is frozen');
      const { outputs, ...rest } = smallProgram();
      const program = { ...rest, outputs: outputs.filter(({ name }) => gradientOf(name) !== 'w') };
      await state.accumulate(program, smallFeeds);
      await state.update(options);
      const { parameters, firstMoment } = await state.read();
      expect(parameters.w).toEqual(smallParameters.w);
      expect(parameters.b).not.toEqual(smallParameters.b);
      expect(Object.keys(firstMoment)).toEqual(['b']);
    });

    it('evaluates without touching the gradient', async () => {
      const state = await training(smallLayout, smallParameters);
      const graph = new GraphBuilder();
      const program = graph.build({ outputs: { total: ops.sum(graph.parameter('w', [3, 2])) } });
      expect(await state.evaluate(program, {})).toEqual({ total: Float32Array.of(21) });
      await expect(state.evaluate(smallProgram(), smallFeeds)).rejects.toThrow('use accumulate');
      await expect(state.update(options)).rejects.toThrow('no gradient was accumulated');
    });
  });

  describe('out of memory', () => {
    // TensorFlow waits ten seconds for other threads to free memory before it gives up.
    it('is an error with the numbers, after which discarding the gradients is enough to go on', async () => {
      const [state, program] = [await training(smallLayout, smallParameters), smallProgram()];
      const numbers = new Float32Array(2 ** 23);
      await state.accumulate(program, smallFeeds);
      const failure: unknown = await state.accumulate(impossibleProgram(), { x: numbers, y: numbers }).catch((e) => e);
      expect(failure).toBeInstanceOf(OutOfMemoryError);
      expect((failure as OutOfMemoryError).shortage.bytesAsked).toBe(2 ** 48);
      await state.discard();
      await expect(state.update(options)).rejects.toThrow('no gradient was accumulated');
      await state.accumulate(program, smallFeeds);
      const untouched = await training(smallLayout, smallParameters);
      await untouched.accumulate(program, smallFeeds);
      expect(await state.update(options)).toEqual(await untouched.update(options));
      expect(await state.read()).toEqual(await untouched.read());
    }, 120_000);
  });

  describe('refuses', () => {
    it('feeds that are missing, unknown or of the wrong kind', async () => {
      const state = await training(smallLayout, smallParameters);
      const program = smallProgram();
      const attempt = (feeds: Feeds) => expect(state.accumulate(program, feeds)).rejects;
      await attempt({ x: smallFeeds.x }).toThrow('input "y" (1×2): expected a Float32Array of 2 numbers, got nothing');
      await attempt({ ...smallFeeds, z: smallFeeds.x }).toThrow('"z" is not fed to this program; it takes "x", "y"');
      await attempt({ ...smallFeeds, x: Int32Array.of(1, 2, 3) }).toThrow('expected a Float32Array of 3 numbers');
    });

    it('states and programs that do not fit the parameters', async () => {
      const state = await executor.openTraining([{ name: 'w', shape: [3, 2] }]);
      await expect(state.load({ parameters: {} })).rejects.toThrow('parameters: "w" needs 6 numbers, got nothing');
      await expect(state.load({ parameters: smallParameters })).rejects.toThrow('there is no parameter "b"');
      await expect(state.accumulate(smallProgram(), smallFeeds)).rejects.toThrow('"b" of shape 2, which is not held');
    });

    it('an update that could not be meant', async () => {
      const state = await training(smallLayout, smallParameters);
      await expect(state.update({ ...options, beta1: 1 })).rejects.toThrow('beta1 must be in [0, 1), got 1');
      await expect(state.update({ ...options, maxGradNorm: 0 })).rejects.toThrow('Infinity for none');
    });

    it('work after disposal', async () => {
      const state = await training(smallLayout, smallParameters);
      await state.dispose();
      await expect(state.read()).rejects.toThrow('this training state was disposed');
    });
  });
}
