import { evaluateProgram } from '@preheat/graph';
import { buildDecoderProgram, decoderFeeds } from '@preheat/graph/conformance';
import { beforeAll, describe, expect, it } from 'vitest';
import { decoder, describeExecutor, relativeError, trainDecoder } from '../conformance/executor-suite.js';
import { createOnnxExecutor } from '../onnx/index.js';
import { createTfjsExecutor, loadPortableTensorFlow, loadTensorFlow } from './index.js';
import type { TensorFlow } from './index.js';

describe('tfjs executor', () => {
  let tf: TensorFlow;
  beforeAll(async () => {
    tf = await loadPortableTensorFlow();
  });

  describeExecutor(async () => createTfjsExecutor(await loadPortableTensorFlow()), 1e-5);

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
