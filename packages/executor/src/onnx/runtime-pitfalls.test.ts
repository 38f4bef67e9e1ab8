// What ONNX Runtime does wrong or dearly unless it is told otherwise, one test each. Others are beside what avoids them:
// operators in packages/graph (program-to-onnx.test.ts), denormals in determinism.test.ts, the event loop and memory in
// onnx-executor.test.ts.

import { evaluateProgram, gradientOutput, gradients, GraphBuilder, ops } from '@preheat/graph';
import { afterAll, describe, expect, it } from 'vitest';
import type { Executor } from '../executor.js';
import { createOnnxExecutor } from './index.js';
import type { OnnxOptions } from './index.js';

const opened: Executor[] = [];
const open = (options: OnnxOptions) => {
  const executor = createOnnxExecutor(options);
  opened.push(executor);
  return executor;
};
afterAll(() => Promise.all(opened.map((executor) => executor.dispose())));

describe('sums by row with many updates of one row', () => {
  const [rows, width, count] = [1000, 16, 20_000];
  const ids = Int32Array.from({ length: count }, (_, i) => (i * i) % 7);
  const graph = new GraphBuilder();
  const table = graph.parameter('table', [rows, width]);
  const picked = ops.gather(table, graph.input('ids', 'i32', [count]));
  const weights = graph.input('weights', 'f32', [count, width]);
  const [gradient] = gradients(ops.sum(ops.mul(picked, weights)), [table]);
  const program = graph.build({ outputs: { [gradientOutput('table')]: gradient } });
  const feeds = {
    ids,
    weights: Float32Array.from({ length: count * width }, (_, i) => ((i * 37) % 64) / 64),
  };

  it('lose none of them on several threads', async () => {
    const compiled = await open({ workers: 1, threads: 4 }).compile(program);
    const expected = evaluateProgram(program, feeds)[gradientOutput('table')] ?? [];
    for (let run = 0; run < 10; run++) {
      const { [gradientOutput('table')]: actual } = await compiled.run(feeds);
      // Multiples of 1/64 below 2¹⁸: exact in any order of addition.
      expect(Array.from(actual ?? [])).toEqual(Array.from(expected));
    }
  });
});

describe('a session with several threads', () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'f32', [256, 256]);
  const product = graph.build({ outputs: { y: ops.matmul(ops.matmul(x, x), x) } });
  const feeds = { x: new Float32Array(256 * 256).fill(0.01) };

  /** Cores kept busy by this process while its only work is a loop of this thread, right after a run. */
  async function busyCores(options: OnnxOptions): Promise<number> {
    const compiled = await open({ workers: 1, threads: 4, ...options }).compile(product);
    let [cpuMs, wallMs] = [0, 0];
    for (let run = 0; run < 10; run++) {
      await compiled.run(feeds);
      const [cpu, started] = [process.cpuUsage(), performance.now()];
      while (performance.now() - started < 5);
      const { user, system } = process.cpuUsage(cpu);
      cpuMs += (user + system) / 1000;
      wallMs += performance.now() - started;
    }
    return cpuMs / wallMs;
  }

  it('lets its threads sleep between runs', async () => {
    // The collector and the compiler of this process have threads, too, but not always work; threads that spin always do.
    const tries = [await busyCores({}), await busyCores({}), await busyCores({})];
    expect(Math.min(...tries)).toBeLessThan(1.3);
  });
});

describe('what a run returns', () => {
  it('stays as it was when the program runs again', async () => {
    const graph = new GraphBuilder();
    const program = graph.build({ outputs: { y: ops.mul(graph.input('x', 'f32', [3]), 2) } });
    for (const workers of [0, 1]) {
      const compiled = await open({ workers }).compile(program);
      const first = await compiled.run({ x: Float32Array.of(1, 2, 3) });
      await compiled.run({ x: Float32Array.of(7, 8, 9) });
      expect(first).toEqual({ y: Float32Array.of(2, 4, 6) });
    }
  });
});
