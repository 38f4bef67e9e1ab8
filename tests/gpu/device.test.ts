/** On a host with a GPU: TensorFlow.js and ONNX Runtime compute on it, and TensorFlow leaves room for others. */
import { spawnSync } from 'node:child_process';
import { missingCudaProvider } from '@preheat/inference';
import { usesGpu } from '@preheat/executor/tfjs';
import { expect, test } from 'vitest';
import { chooseRolloutProvider } from '../../gpu-runner/src/rollout-provider.js';
import { cuda, openNative } from './native-tensorflow.js';
import { recordingLog } from './recording-log.js';

const usedMib = () => memory('memory.used');
const totalMib = () => memory('memory.total');

function memory(field: string): number {
  const query = spawnSync('nvidia-smi', [`--query-gpu=${field}`, '--format=csv,noheader,nounits'], {
    encoding: 'utf8',
  });
  return Number(query.stdout.split('\n')[0]);
}

if (cuda.gpus.length === 0) {
  test.skip(`TensorFlow.js computes on the GPU and lets its memory grow (${cuda.reason})`, () => undefined);
} else {
  test('TensorFlow.js computes on the GPU and lets its memory grow', async () => {
    const before = usedMib();
    const loaded = await openNative();
    if (!loaded.ok) throw new Error(loaded.reason);
    const { tf } = loaded;
    expect(usesGpu(tf)).toBe(true);
    const product = tf.matMul(tf.ones([256, 256]), tf.ones([256, 256]));
    expect((await product.data())[0]).toBe(256);
    console.log(`${cuda.gpus[0]}: ${usedMib() - before} of ${totalMib()} MiB taken by TensorFlow for a small product`);
    expect(usedMib() - before).toBeLessThan(totalMib() / 2);
  });
}

const noCuda = cuda.gpus.length === 0 ? cuda.reason : missingCudaProvider();
if (noCuda !== undefined) {
  test.skip(`ONNX Runtime decodes on CUDA (${noCuda})`, () => undefined);
} else {
  test('ONNX Runtime decodes on CUDA', async () => {
    expect(await chooseRolloutProvider('cuda', recordingLog([]))).toBe('cuda');
  });
}
