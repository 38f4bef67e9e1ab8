/**
 * Training beside other load: prints the tokens a second of every way to spread a model over the cores, while so many other
 * threads never rest. Argument: a LoadMeasurement as JSON.
 */
import { Worker } from 'node:worker_threads';
import { freshDecoder } from '@preheat/checkpoints';
import { createOnnxExecutor, type OnnxOptions } from '@preheat/executor/onnx';
import { Trainer } from '@preheat/nn';
import { decoderOf, optimizer, reversalRows, stepRequest } from '../gpu/tiny-task.js';

interface LoadMeasurement {
  readonly layers: number;
  readonly width: number;
  /** Threads of others. */
  readonly load: number;
  readonly ms: number;
}

const WAYS: Readonly<Record<string, OnnxOptions>> = {
  'one lane a core': { workers: 2, threads: 1 },
  'one lane': { workers: 1, threads: 1 },
  'one lane, two threads': { workers: 1, threads: 2 },
  'one lane, two threads that spin': { workers: 1, threads: 2, spinning: true },
};
const ROWS = 32;
const LETTERS = 31;

const { layers, width, load, ms } = JSON.parse(process.argv[2] ?? '{}') as LoadMeasurement;
const config = decoderOf(layers, width, 512);
const weights = freshDecoder(config, 1);
const rows = reversalRows(ROWS, LETTERS, 'load');

async function tokensPerSecond(options: OnnxOptions): Promise<number> {
  const executor = createOnnxExecutor(options);
  const trainer = await Trainer.open({ executor, config, optimizer }, { weights });
  for (let step = 0; step < 3; step++) await trainer.step(rows, stepRequest(rows, 0.001));
  const started = performance.now();
  let steps = 0;
  for (; performance.now() - started < ms; steps++) await trainer.step(rows, stepRequest(rows, 0.001));
  const seconds = (performance.now() - started) / 1000;
  await trainer.dispose();
  await executor.dispose();
  return (steps * ROWS * 2 * (LETTERS + 1)) / seconds;
}

const others = Array.from({ length: load }, () => new Worker('for (;;);', { eval: true }));
const found: Record<string, number[]> = {};
for (let round = 0; round < 3; round++) {
  for (const [way, options] of Object.entries(WAYS))
    (found[way] ??= []).push(Math.round(await tokensPerSecond(options)));
}
console.log(JSON.stringify({ layers, width, load, found }));
await Promise.all(others.map((other) => other.terminate()));
