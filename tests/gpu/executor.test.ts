/** The executor conformance suite on native TensorFlow, and that a thousand steps leave nothing behind in it. */
import { createTfjsExecutor, type TensorFlow } from '@preheat/executor/tfjs';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { describeAveraging } from '../../packages/executor/src/conformance/averaging-suite.js';
import { describeExecutor } from '../../packages/executor/src/conformance/executor-suite.js';
import { trainDecoder } from '../../packages/executor/src/conformance/training-fixtures.js';
import { missingNative, openNative } from './native-tensorflow.js';

/** Single precision with other orders of summation than the reference. */
const TOLERANCE = 2e-5;

/** The addon's own count, which also sees tensors that JavaScript forgot. */
interface NativeBackend {
  readonly binding: { getNumOfTensors(): number };
}

const missing = missingNative();
if (missing !== undefined) {
  test.skip(`the executor suite on native TensorFlow (${missing})`, () => undefined);
} else {
  describe('tfjs executor on native TensorFlow', () => {
    let tf: TensorFlow;
    const open = async () => {
      const loaded = await openNative();
      if (!loaded.ok) throw new Error(loaded.reason);
      return loaded.tf;
    };
    beforeAll(async () => {
      tf = await open();
      expect(tf.getBackend()).toBe('tensorflow');
    });

    describeExecutor(async () => createTfjsExecutor(await open()), TOLERANCE);
    describeAveraging(async () => createTfjsExecutor(await open()));

    it('holds no more tensors and no more memory after a thousand steps', async () => {
      const { binding } = tf.backend() as unknown as NativeBackend;
      const executor = createTfjsExecutor(tf);
      const steps = await trainDecoder(executor);
      await steps(200);
      const held = () => [tf.memory().numTensors, tf.memory().numBytes, binding.getNumOfTensors()];
      const [before, resident] = [held(), process.memoryUsage().rss];
      await steps(1000);
      expect(held()).toEqual(before);
      // The gradients of one step are 90 kB; losing those of each would be 90 MB.
      expect(process.memoryUsage().rss - resident).toBeLessThan(30e6);
      console.log(`RSS after 1,000 steps: ${((process.memoryUsage().rss - resident) / 1e6).toFixed(1)} MB more`);
      await executor.dispose();
    }, 300_000);
  });
}
