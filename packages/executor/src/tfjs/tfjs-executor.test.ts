import { evaluateProgram, type ProgramNode } from '@preheat/graph';
import { buildDecoderProgram, decoderFeeds } from '@preheat/graph/conformance';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeAveraging } from '../conformance/averaging-suite.js';
import { describeExecutor } from '../conformance/executor-suite.js';
import { decoder, relativeError, trainDecoder, trainSmall } from '../conformance/training-fixtures.js';
import type { Executor } from '../executor.js';
import { createOnnxExecutor } from '../onnx/index.js';
import { OutOfMemoryError } from '../out-of-memory.js';
import { createTfjsExecutor, loadPortableTensorFlow, loadTensorFlow } from './index.js';
import type { TensorFlow } from './index.js';
import type { Tensor } from './tensorflow.js';
import { tensorsHeld, tfjsKernels } from './tfjs-kernels.js';

describe('tfjs executor', () => {
  let tf: TensorFlow;
  beforeAll(async () => {
    tf = await loadPortableTensorFlow();
  });

  describeExecutor(async () => createTfjsExecutor(await loadPortableTensorFlow()), 1e-5);
  describeAveraging(async () => createTfjsExecutor(await loadPortableTensorFlow()));

  it('adds to one element a row with one tensor of the size of the rows beside the result, and to a copy', async () => {
    const [rows, width] = [32, 4096];
    const x = tf.randomUniform([rows, width]);
    const ids = tf.range(0, rows, 1, 'int32');
    const updates = tf.ones([rows]);
    const node = { primitive: 'addAlong', shape: [rows, width] } as unknown as ProgramNode<'addAlong'>;
    const { kernels, result } = await tf.profile(() =>
      tf.tidy(() => tfjsKernels.addAlong(tf, [x, ids, updates], node)),
    );
    // A reshape shows the memory of its operand.
    const made = kernels.reduce((sum, { name, bytesAdded }) => sum + (name === 'Reshape' ? 0 : bytesAdded), 0);
    expect(made).toBeLessThan(2.1 * 4 * rows * width);
    expect(tensorsHeld(node)).toBe(2);
    expect(
      (result as Tensor)
        .sub(x)
        .sum(1)
        .dataSync()
        .every((sum) => Math.abs(sum - 1) < 1e-5),
    ).toBe(true);
  });

  it('holds the same number of tensors after any number of steps, and none after disposal', async () => {
    const before = tf.memory().numTensors;
    const executor = createTfjsExecutor(tf);
    const steps = await trainDecoder(executor);
    await steps(1);
    const held = tf.memory().numTensors;
    await steps(5);
    expect(tf.memory().numTensors).toBe(held);
    await executor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('holds no more after a thousand steps', async () => {
    const executor = createTfjsExecutor(tf);
    const steps = await trainSmall(executor);
    await steps(300);
    const [tensors, bytes] = [tf.memory().numTensors, tf.memory().numBytes];
    // Arrays that wait for the collector are less; a leak of 12 kB a step would be more, each time.
    let growth = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && growth >= 12e6; tries++) {
      const before = process.memoryUsage().rss;
      await steps(1000);
      growth = process.memoryUsage().rss - before;
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([tensors, bytes]);
    }
    expect(growth).toBeLessThan(12e6);
    await executor.dispose();
  });

  it.each([1, 2])(
    'lets nothing be read when exchange %i of the average fails, until a snapshot is loaded',
    async (failing) => {
      let exchanges = 0;
      const concat = (...call: Parameters<TensorFlow['concat']>) => {
        if (++exchanges === failing) throw new Error('no memory');
        return tf.concat(...call);
      };
      const executor = createTfjsExecutor({ ...tf, concat } as TensorFlow);
      const layout = ['bias', 'other'].map((name) => ({ name, shape: [2] }));
      const state = await executor.openTraining(layout, { averageDecay: 0.9 });
      const [parameters, average] = [1, 5].map((x) => ({ bias: Float32Array.of(x, 2), other: Float32Array.of(3, x) }));
      await state.load({ parameters: parameters ?? {}, ...(average && { average }) });
      const snapshot = await state.read();
      await expect(state.withAverage(() => Promise.reject(new Error('validation failed')))).rejects.toThrow(
        'no memory',
      );
      await expect(state.read()).rejects.toThrow('load a snapshot or dispose');
      await state.load(snapshot);
      expect((await state.withAverage(() => state.read())).parameters).toEqual(snapshot.average);
      expect(await state.read()).toEqual(snapshot);
      await executor.dispose();
    },
  );

  describe('within a budget', () => {
    const [program, feeds] = [buildDecoderProgram(decoder), decoderFeeds(decoder)];

    it('computes the same as without one', async () => {
      const [free, bounded] = [createTfjsExecutor(tf), createTfjsExecutor(tf, { maxBytes: 64e6 })];
      const run = async (executor: Executor) => (await executor.compile(program)).run(feeds);
      expect(await run(bounded)).toEqual(await run(free));
      await Promise.all([free.dispose(), bounded.dispose()]);
    });

    it('runs out with the numbers of the tensor that did not fit, and leaves nothing behind', async () => {
      const before = tf.memory();
      // Room for what is fed and a little more, less than the logits (24 kB) and their gradient.
      const maxBytes = before.numBytes + 24_000 + Object.values(feeds).reduce((sum, x) => sum + x.byteLength, 0);
      const executor = createTfjsExecutor(tf, { maxBytes });
      const compiled = await executor.compile(program);
      const failure: unknown = await compiled.run(feeds).catch((error) => error);
      expect(failure).toBeInstanceOf(OutOfMemoryError);
      const { device, shape = [], bytesAsked = 0, bytesFree = 0, bytesLimit } = (failure as OutOfMemoryError).shortage;
      expect([device, bytesLimit]).toEqual(['CPU', maxBytes]);
      expect(bytesAsked).toBe(4 * shape.reduce((a, b) => a * b, 1));
      expect(bytesAsked).toBeGreaterThan(bytesFree);
      await executor.dispose();
      expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    });

    it('must be a size', () => {
      expect(() => createTfjsExecutor(tf, { maxBytes: 0 })).toThrow('maxBytes must be above 0, got 0');
    });
  });

  it('agrees with the onnx executor on a decoder', async () => {
    const [program, feeds] = [buildDecoderProgram(decoder), decoderFeeds(decoder)];
    const [onnx, tfjs] = [createOnnxExecutor(), createTfjsExecutor(tf)];
    const a = await (await onnx.compile(program)).run(feeds);
    const b = await (await tfjs.compile(program)).run(feeds);
    for (const [name, numbers] of Object.entries(a)) expect(relativeError(b[name] ?? [], numbers)).toBeLessThan(1e-5);
    expect(relativeError(a.loss ?? [], evaluateProgram(program, feeds).loss ?? [])).toBeLessThan(1e-6);
    await Promise.all([onnx.dispose(), tfjs.dispose()]);
  });

  it('keeps only so many programs on the device', async () => {
    const before = tf.memory().numTensors;
    const executor = createTfjsExecutor(tf, { maxPrograms: 1 });
    const program = () => buildDecoderProgram({ ...decoder, layers: 1 });
    const feeds = decoderFeeds({ ...decoder, layers: 1 });
    await (await executor.compile(program())).run(feeds);
    const one = tf.memory().numTensors;
    await (await executor.compile(program())).run(feeds);
    expect(one).toBeGreaterThan(before);
    expect(tf.memory().numTensors).toBe(one);
    await executor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('loadTensorFlow', () => {
  it('gives a native build, or says for each package why there is none', async () => {
    const loaded = await loadTensorFlow();
    if (loaded.ok) expect(loaded.tf.getBackend()).toBe('tensorflow');
    else expect(loaded.reason).toMatch(/tfjs-node-gpu: .+; @tensorflow\/tfjs-node: .+/);
  });
});
