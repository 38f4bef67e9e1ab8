/**
 * Adapters against Python's peft: an adapter that peft saved, on the base it saved, has peft's loss here and torch's
 * gradients for every matrix.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  decodeSafetensors,
  type LoraAdapter,
  type ModelFolder,
  mergeAdapter,
  inputsFirstModules,
  readAdapter,
  readHuggingFaceConfig,
} from '@preheat/checkpoints';
import { type DecoderConfig, MODEL_TYPES } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { gradientOutput } from '@preheat/graph';
import { buildTrainingProgram, CROSS_ENTROPY, Trainer } from '@preheat/nn';
import { afterAll, expect, type TestContext } from 'vitest';
import { expectWithin, largestDifference, relativeDifference, worst } from './comparison.js';
import { peerTest, runPeer } from './peer-python.js';

const root = mkdtempSync(join(tmpdir(), 'preheat-lora-'));
const executor = createOnnxExecutor({ threads: 1 });
afterAll(async () => {
  await executor.dispose();
  rmSync(root, { recursive: true, force: true });
});

const bytesOf = (...path: string[]) => new Uint8Array(readFileSync(join(root, ...path)));

/** The adapter folder on disk, as the reader of folders sees it. */
function adapterFolder(family: string): ModelFolder {
  const read = (name: string) => bytesOf(family, 'adapter', name);
  return {
    names: readdirSync(join(root, family, 'adapter')),
    sizeOf: (name) => read(name).byteLength,
    open: (name, { offset, length } = { offset: 0, length: Number.POSITIVE_INFINITY }) =>
      Readable.from([read(name).subarray(offset, offset + length)]),
  };
}

interface Made {
  readonly tokens: number[][];
  readonly loss: number;
}

let making: Promise<Record<string, Made>> | undefined;
/** All families by one Python process. */
const made = (): Promise<Record<string, Made>> => (making ??= runPeer('lora.py', [root, ...MODEL_TYPES]));

async function opened(family: string) {
  const peer = (await made())[family];
  if (!peer) throw new Error(`lora.py made no ${family}`);
  const config = readHuggingFaceConfig(JSON.parse(new TextDecoder().decode(bytesOf(family, 'base', 'config.json'))));
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  const tensorsIn = (...path: string[]) => decodeSafetensors(bytesOf(family, ...path)).tensors;
  const [weights, expected] = [tensorsIn('base', 'model.safetensors'), tensorsIn('expected.safetensors')];
  return { ...peer, config: config.value, weights, expected, adapter: await readAdapter(adapterFolder(family)) };
}

function feedsOf(tokens: readonly (readonly number[])[]) {
  const flat = (rows: readonly (readonly number[])[]) => Int32Array.from(rows.flat());
  const count = tokens.reduce((sum, row) => sum + row.length - 1, 0);
  return {
    tokens: flat(tokens.map((row) => row.slice(0, -1))),
    targets: flat(tokens.map((row) => row.slice(1))),
    crossEntropyWeights: new Float32Array(count).fill(1 / count),
  };
}

async function gradientsOf(
  config: DecoderConfig,
  adapter: LoraAdapter,
  weights: LoraAdapter['tensors'],
  rows: number[][],
) {
  const shape = { batch: rows.length, length: (rows[0]?.length ?? 0) - 1 };
  const compiled = await executor.compile(buildTrainingProgram({ config, lora: adapter.config }, shape, CROSS_ENTROPY));
  const parameters = [...weights, ...adapter.tensors].map(([name, { data }]) => [name, data] as const);
  return compiled.run({ ...Object.fromEntries(parameters), ...feedsOf(rows) });
}

/** Every token of the rows, by a trainer that starts there. */
async function scored(config: DecoderConfig, rows: number[][], start: Parameters<typeof Trainer.open>[1]) {
  const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 };
  const trainer = await Trainer.open({ executor, config, optimizer }, start);
  const scores = await trainer.logProbs(
    rows.map((row) => Int32Array.from(row)),
    1,
  );
  await trainer.dispose();
  return scores.flatMap((row) => [...row]);
}

async function compare(context: TestContext, family: string): Promise<void> {
  const { config, weights, adapter, expected, tokens, loss } = await opened(family);
  const compared = { peers: ['peft', 'torch'] as const, configuration: family };
  const within = (what: string, difference: number, bound: number, unit: string) =>
    expectWithin(context, { check: `LoRA: ${what}`, ...compared, difference, bound, unit });
  const outputs = await gradientsOf(config, adapter, weights, tokens);
  within('loss', Math.abs((outputs['loss']?.[0] ?? Number.NaN) - loss), 1e-5, 'nats');
  expect([...expected.keys()].sort()).toEqual([...adapter.tensors.keys()].sort());
  const differences = [...expected].map(([name, { data }]) =>
    relativeDifference(outputs[gradientOutput(name)] ?? [], data),
  );
  within('gradients', worst(differences), 1e-3, 'relative');
  const merged = await scored(config, tokens, {
    weights: mergeAdapter(weights, adapter, inputsFirstModules(config)),
  });
  expect(largestDifference(await scored(config, tokens, { weights, adapter }), merged)).toBeLessThan(1e-4);
}

for (const family of MODEL_TYPES) {
  peerTest(`${family}: loss and every gradient of an adapter, and its merged weights`, (context) =>
    compare(context, family),
  );
}
