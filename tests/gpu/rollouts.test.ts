/** Decoding on CUDA: the greedy text of the CPU, log-probabilities within the bound that every RL run reports. */
import { DecoderSession, type ExecutionProvider, type GeneratedRow, missingCudaProvider } from '@preheat/inference';
import { expect, test } from 'vitest';
import { cuda, openNative } from './native-tensorflow.js';
import { decoderOf, reversalRows } from './tiny-task.js';
import { peakedWeights } from './peaked-weights.js';

const config = decoderOf(4, 96);
const prompts = reversalRows(64, 12, 'prompts').map(({ tokens }, row) => ({
  tokens: tokens.subarray(0, 13),
  key: String(row),
}));
const MAX_LOG_PROB_DIFFERENCE = 1e-4;

async function decode(provider: ExecutionProvider): Promise<GeneratedRow[]> {
  const decoder = await DecoderSession.create(config, peakedWeights(config), { provider });
  const rows = await decoder.generate(prompts, { maxNewTokens: 48, temperature: 0, seed: 0, stopIds: [] });
  await decoder.close();
  return rows;
}

const reason = cuda.gpus.length === 0 ? cuda.reason : missingCudaProvider();
if (reason !== undefined) {
  test.skip(`CUDA decodes the greedy text of the CPU (${reason})`, () => undefined);
} else {
  test('CUDA decodes the greedy text of the CPU', async () => {
    // As in the runner: training holds the device first, and its settings are those of both.
    await openNative();
    const [cpu, gpu] = [await decode('cpu'), await decode('cuda')];
    expect(gpu.map(({ tokens }) => [...tokens])).toEqual(cpu.map(({ tokens }) => [...tokens]));
    const differences = gpu.flatMap(({ logProbs }, row) =>
      Array.from(logProbs, (x, t) => Math.abs(x - (cpu[row]?.logProbs[t] ?? Number.NaN))),
    );
    console.log(`largest |Δ log-prob| of CUDA and CPU: ${Math.max(...differences).toExponential(1)}`);
    for (const difference of differences) expect(difference).toBeLessThan(MAX_LOG_PROB_DIFFERENCE);
  }, 300_000);
}

test('the CPU decodes the same greedy text twice, and it depends on the prompt', async () => {
  const texts = (await decode('cpu')).map(({ tokens }) => tokens.join(' '));
  expect((await decode('cpu')).map(({ tokens }) => tokens.join(' '))).toEqual(texts);
  expect(new Set(texts).size).toBeGreaterThan(8);
});
