import { describe, expect, it } from 'vitest';
import { describeAveraging } from '../conformance/averaging-suite.js';
import { describeExecutor } from '../conformance/executor-suite.js';
import { trainDecoder, trainSmall } from '../conformance/training-fixtures.js';
import { createOnnxExecutor } from './index.js';
import type { Parallelism } from './index.js';

describe('onnx executor', () => {
  describe('in this thread', () => {
    describeExecutor(async () => createOnnxExecutor({ workers: 0 }), 1e-5);
  });

  describe('on two workers', () => {
    describeExecutor(async () => createOnnxExecutor({ workers: 2 }), 1e-5);
    describeAveraging(async () => createOnnxExecutor({ workers: 2 }));
  });

  describe('on one worker with two threads', () => {
    describeExecutor(async () => createOnnxExecutor({ threads: 2 }), 1e-5);
  });

  it('says how it spreads a model, and why', async () => {
    const choices: Parallelism[] = [];
    const executor = createOnnxExecutor({ workers: 2, onParallelism: (choice) => choices.push(choice) });
    await executor.openTraining([{ name: 'w', shape: [2] }]);
    expect(choices).toEqual([{ workers: 2, threads: 1, spinning: false, reason: 'workers are set by the caller' }]);
    await executor.dispose();
  });

  it('leaves the event loop free while it computes', async () => {
    const executor = createOnnxExecutor({ workers: 1 });
    const steps = await trainDecoder(executor);
    await steps(1);
    let turns = 0;
    let over = false;
    const training = steps(20).finally(() => (over = true));
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    await training;
    // 40 runs and as many messages back; a loop that only turned for those would stay near a hundred.
    expect(turns).toBeGreaterThan(400);
    await executor.dispose();
  });

  it('does not grow in memory over ten thousand steps', async () => {
    const executor = createOnnxExecutor({ workers: 2 });
    const steps = await trainSmall(executor);
    await steps(2000);
    // Arrays that wait for the collector are less; a leak of 1.2 kB a step would be more, each time.
    let growth = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 5 && growth >= 12e6; tries++) {
      const before = process.memoryUsage().rss;
      await steps(10_000);
      growth = process.memoryUsage().rss - before;
    }
    expect(growth).toBeLessThan(12e6);
    await executor.dispose();
  }, 240_000);

  it('refuses options out of range', () => {
    expect(() => createOnnxExecutor({ threads: 0 })).toThrow('threads must be an integer of at least 1, got 0');
  });
});
