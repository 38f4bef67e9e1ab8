/**
 * Trains in a process of its own and prints how much memory it took beyond what the process had before, in bytes: the
 * peak, and what the formula says; and the milliseconds of a step. Argument: a Measurement as JSON.
 */
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfigOf } from '@preheat/contracts';
import { createOnnxExecutor, type OnnxOptions } from '@preheat/executor/onnx';
import { CROSS_ENTROPY, demonstrationRecord, imitate, Trainer } from '@preheat/nn';
import { trainingMemory } from '@preheat/scheduler';
import { hasProc, peakRssMib } from '../bench/linux-machine.js';

export interface Measurement {
  readonly config: DecoderConfigOf<'llama'>;
  readonly batch: number;
  readonly length: number;
  readonly lanes: number;
  readonly steps: number;
  /** Computes layers again in the backward pass. */
  readonly recomputes?: boolean;
  /** Settings of the executor to try. */
  readonly options?: OnnxOptions;
}

const {
  config,
  batch,
  length,
  lanes,
  steps,
  recomputes = false,
  options,
} = JSON.parse(process.argv[2] ?? '{}') as Measurement;
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
const token = (t: number) => (7919 * t) % config.vocab_size;

/** So many steps, with two micro-batches of the given shape for each lane; the milliseconds of the fastest. */
async function train(rows: number, tokens: number, count: number): Promise<number> {
  const executor = createOnnxExecutor({ ...options, workers: lanes, threads: 1 });
  // An overhead as large as a micro-batch keeps them whole.
  const limits = { maxTokens: rows * tokens, overheadTokens: rows * tokens };
  const trainer = await Trainer.open(
    { executor, config, optimizer, limits, recomputes },
    { weights: freshDecoder(config, 1) },
  );
  const row = () =>
    imitate(
      demonstrationRecord(
        Int32Array.from({ length: tokens + 1 }, (_, t) => token(t)),
        new Uint8Array(tokens + 1).fill(1),
      ),
    );
  const batchRows = Array.from({ length: 2 * lanes * rows }, row);
  const request = {
    spec: CROSS_ENTROPY,
    denominators: { crossEntropy: batchRows.length * tokens },
    learningRate: 1e-3,
  };
  let fastest = Number.POSITIVE_INFINITY;
  for (let step = 0; step < count; step++) {
    const started = performance.now();
    await trainer.step(batchRows, request);
    fastest = Math.min(fastest, performance.now() - started);
  }
  await trainer.dispose();
  await executor.dispose();
  return fastest;
}

// Loads everything once.
await train(1, 8, 2);
const before = process.memoryUsage().rss;
const stepMs = await train(batch, length, steps);
// The system counts the parent's memory, from which a process is forked, in maxRSS.
const highest = hasProc() ? (peakRssMib(process.pid) ?? Number.NaN) * 2 ** 20 : 1024 * process.resourceUsage().maxRSS;
const peak = highest - before;
const { total } = trainingMemory({ config, adapter: null, microBatch: { batch, length }, lanes, recomputes });
console.log(JSON.stringify({ peak, total, stepMs }));
