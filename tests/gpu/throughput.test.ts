/** Figures of this machine, for the report of a GPU host: training and decoding, tokens a second. Nothing is asserted of them. */
import type { Executor } from '@preheat/executor';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { createTfjsExecutor } from '@preheat/executor/tfjs';
import { DecoderSession, type ExecutionProvider, missingCudaProvider } from '@preheat/inference';
import { Trainer } from '@preheat/nn';
import { expect, test } from 'vitest';
import { cuda, missingNative, openNative } from './native-tensorflow.js';
import { decoderOf, optimizer, reversalRows, stepRequest, weightsOf } from './tiny-task.js';

// On a CPU the smallest is enough to show that the measurement runs; bench:engine measures CPUs.
const models = cuda.gpus.length > 0 ? { t1: [4, 96], t2: [4, 160], m: [6, 384], l: [12, 768] } : { t1: [4, 96] };
const [ROWS, LETTERS, STEPS] = [32, 31, 8] as const;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < STEPS; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times.slice(2));
}

async function trainingRate(executor: Executor, [layers, width]: readonly number[]): Promise<number> {
  const config = decoderOf(layers as number, width as number, 256);
  const limits = { maxTokens: 8192 };
  const trainer = await Trainer.open({ executor, config, optimizer, limits }, { weights: weightsOf(config) });
  const rows = reversalRows(ROWS, LETTERS, 'speed');
  const ms = await medianMs(() => trainer.step(rows, stepRequest(rows, 0.001)));
  await trainer.dispose();
  return (ROWS * 2 * (LETTERS + 1) * 1000) / ms;
}

async function decodingRate(provider: ExecutionProvider, [layers, width]: readonly number[]): Promise<number> {
  const config = decoderOf(layers as number, width as number, 256);
  const decoder = await DecoderSession.create(config, weightsOf(config), { provider });
  const prompts = reversalRows(64, 15, 'speed').map(({ tokens }, row) => ({
    tokens: tokens.subarray(0, 16),
    key: `${row}`,
  }));
  const options = { maxNewTokens: 48, temperature: 1, seed: 0, stopIds: [] };
  const ms = await medianMs(() => decoder.generate(prompts, options));
  await decoder.close();
  return (64 * 48 * 1000) / ms;
}

const missing = missingNative();
if (missing !== undefined) {
  test.skip(`throughput of native TensorFlow (${missing})`, () => undefined);
} else {
  test.each(Object.entries(models))(
    'throughput of training, %s',
    async (name, model) => {
      const loaded = await openNative();
      if (!loaded.ok) throw new Error(loaded.reason);
      const [tfjs, onnx] = [createTfjsExecutor(loaded.tf), createOnnxExecutor({ threads: 1 })];
      const [native, cpu] = [await trainingRate(tfjs, model), await trainingRate(onnx, model)];
      console.log(`training ${name}: ${tfjs.detail} ${native.toFixed(0)} tokens/s; ${onnx.detail} ${cpu.toFixed(0)}`);
      expect(Math.min(native, cpu)).toBeGreaterThan(0);
      await Promise.all([tfjs.dispose(), onnx.dispose()]);
    },
    600_000,
  );
}

const noCuda = cuda.gpus.length === 0 ? cuda.reason : missingCudaProvider();
if (noCuda !== undefined) {
  test.skip(`throughput of decoding on CUDA (${noCuda})`, () => undefined);
} else {
  test.each(Object.entries(models))(
    'throughput of decoding on CUDA, %s',
    async (name, model) => {
      const [gpu, cpu] = [await decodingRate('cuda', model), await decodingRate('cpu', model)];
      console.log(`decoding ${name}, 64 rows: CUDA ${gpu.toFixed(0)} tokens/s; CPU, one thread, ${cpu.toFixed(0)}`);
      expect(Math.min(gpu, cpu)).toBeGreaterThan(0);
    },
    600_000,
  );
}
