import { describe, expect, it } from 'vitest';
import { describeExecutor, trainDecoder } from '../conformance/executor-suite.js';
import { createOnnxExecutor } from './index.js';

describe('onnx executor', () => {
  describeExecutor(async () => createOnnxExecutor(), 1e-5);

  describe('on two threads', () => {
    describeExecutor(async () => createOnnxExecutor({ threads: 2 }), 1e-5);
  });

  it('does not grow in memory over two hundred steps', async () => {
    const executor = createOnnxExecutor();
    const steps = await trainDecoder(executor);
    await steps(100);
    const before = process.memoryUsage().rss;
    await steps(200);
    // Arrays handed to the caller wait for the collector; a leak of one gradient a step would be 17 MB more.
    expect(process.memoryUsage().rss - before).toBeLessThan(12e6);
    await executor.dispose();
  });

  it('refuses options out of range', () => {
    expect(() => createOnnxExecutor({ threads: 0 })).toThrow('threads must be a positive integer, got 0');
  });
});
