/**
 * The matrix-product peak of this machine through ONNX Runtime, at the sizes that the models use and one that is easy.
 * Products are chained, [m,k]·[k,n]·[n,k]·…, so that only the last one is copied out. Prints one JSON line.
 */
import { availableParallelism } from 'node:os';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { GraphBuilder, ops, type Value } from '@preheat/graph';
import { report, timeSteps } from './timing.js';

/** [m, k, n]: rows of a batch, width, inner width. */
const SIZES = [
  [2048, 96, 256],
  [2048, 160, 432],
  [2048, 384, 1024],
  [1024, 1024, 1024],
] as const;
const FLOPS_A_RUN = 4e9;

async function gigaflops([m, k, n]: readonly [number, number, number], threads: number): Promise<number> {
  const pairs = Math.max(1, Math.round(FLOPS_A_RUN / (4 * m * k * n)));
  const graph = new GraphBuilder();
  const up_KN = graph.input('up', 'f32', [k, n]);
  const down_NK = graph.input('down', 'f32', [n, k]);
  let x_MK: Value = graph.input('x', 'f32', [m, k]);
  for (let pair = 0; pair < pairs; pair++) x_MK = ops.matmul(ops.matmul(x_MK, up_KN), down_NK);
  const executor = createOnnxExecutor({ threads, spinning: true });
  const program = await executor.compile(graph.build({ outputs: { product: x_MK } }));
  // Small enough that the chain neither grows nor falls to denormals.
  const filled = (count: number, scale: number) => new Float32Array(count).map((_, i) => scale * Math.sin(i));
  const feeds = { x: filled(m * k, 1), up: filled(k * n, 1 / Math.sqrt(k)), down: filled(n * k, 1 / Math.sqrt(n)) };
  const seconds = await timeSteps({ steps: 5, warmup: 2 }, async () => {
    await program.run(feeds);
  });
  await executor.dispose();
  return (pairs * 4 * m * k * n) / Math.min(...seconds) / 1e9;
}

const threads = availableParallelism();
const measured: Record<string, number> = {};
for (const size of SIZES) measured[size.join('x')] = Math.round(await gigaflops(size, threads));
report({ gflops: Math.max(...Object.values(measured)), threads, ...measured });
