/**
 * Every family of decoders against Hugging Face transformers and torch autograd: a folder that transformers saved, read
 * here, has its logits in training and in serving and its gradients, and the config we write loads there again.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, huggingFaceConfigText, readHuggingFaceConfig, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { afterAll, describe, expect } from 'vitest';
import { servedLogits } from '../numerics/served-logits.js';
import { trainedDecoder } from '../numerics/trained-decoder.js';
import { peerTest, runPeer } from './peer-python.js';

const NAMES = [
  'llama',
  'llama tied, grouped, llama3 positions',
  'llama with biases, linear positions',
  'llama with yarn positions',
  'llama with yarn positions, every setting',
  'llama with dynamic positions, GELU',
  'mistral',
  'mistral without a window',
  'qwen2',
  'qwen2 with windows from layer 1',
  'qwen3',
  'qwen3 with biases',
  'gpt2',
  'gpt2 untied, scaled by layer',
  'gemma',
  'gemma2',
  'gemma2 without caps',
  'gemma3_text',
  'gemma3_text stretched',
];
const LOGIT_TOLERANCE = 1e-4;
/** Of the largest element of each tensor's gradient. */
const GRADIENT_TOLERANCE = 1e-3;

interface Made {
  readonly folder: string;
  readonly tokens: number[][];
  readonly loss: number;
}

const root = mkdtempSync(join(tmpdir(), 'preheat-decoders-'));
const executor = createOnnxExecutor({ threads: 1 });
afterAll(async () => {
  await executor.dispose();
  rmSync(root, { recursive: true, force: true });
});

let making: Promise<Record<string, Made>> | undefined;
/** All models by one Python process: importing torch costs more than making them. */
const made = (): Promise<Record<string, Made>> => (making ??= runPeer('decoders.py', ['make', root, ...NAMES]));

async function open(name: string): Promise<Made & { config: DecoderConfig; tensors: TensorMap; expected: TensorMap }> {
  const model = (await made())[name];
  if (!model) throw new Error(`decoders.py made no ${name}`);
  const read = readHuggingFaceConfig(JSON.parse(readFileSync(join(model.folder, 'config.json'), 'utf8')));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const tensorsOf = (file: string) => decodeSafetensors(new Uint8Array(readFileSync(join(model.folder, file)))).tensors;
  const [tensors, expected] = [tensorsOf('model.safetensors'), tensorsOf('expected.safetensors')];
  return { ...model, config: read.value, tensors, expected };
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Array.from(expected).reduce((worst, x, i) => Math.max(worst, Math.abs(x - (actual[i] as number))), 0);
}

const largest = (values: Float32Array): number => values.reduce((worst, x) => Math.max(worst, Math.abs(x)), 0);

describe.each(NAMES)('%s', (name) => {
  peerTest(`${name}: logits and every gradient in training`, async () => {
    const { config, tensors, tokens, loss, expected } = await open(name);
    const trained = await trainedDecoder(executor, config, tensors, tokens);
    const logits = expected.get('logits')?.data as Float32Array;
    expect(largest(logits)).toBeGreaterThan(1);
    expect(largestDifference(trained.logits_NV, logits)).toBeLessThan(LOGIT_TOLERANCE);
    expect(Math.abs(trained.loss - loss)).toBeLessThan(1e-5);
    const names = [...expected.keys()].filter((key) => key.startsWith('gradient.'));
    expect([...trained.gradients.keys()].sort()).toEqual(names.map((key) => key.slice('gradient.'.length)).sort());
    for (const [parameter, gradient] of trained.gradients) {
      const reference = expected.get(`gradient.${parameter}`)?.data as Float32Array;
      const error = largestDifference(gradient, reference) / largest(reference);
      expect(error, parameter).toBeLessThan(GRADIENT_TOLERANCE);
    }
  });

  peerTest(`${name}: logits in serving`, async () => {
    const { config, tensors, tokens, expected } = await open(name);
    const logits = await servedLogits(config, tensors, tokens);
    expect(largestDifference(logits, expected.get('logits')?.data as Float32Array)).toBeLessThan(LOGIT_TOLERANCE);
  });
});

peerTest('transformers loads every config we write, and computes the same', async () => {
  const models = await Promise.all(NAMES.map(open));
  const folders = models.map(({ folder, config }) => {
    const copy = `${folder}-written`;
    mkdirSync(copy);
    for (const file of ['model.safetensors', 'expected.safetensors'])
      copyFileSync(join(folder, file), join(copy, file));
    writeFileSync(join(copy, 'config.json'), huggingFaceConfigText(config));
    return copy;
  });
  const differences = await runPeer<Record<string, number>>('decoders.py', ['logits', ...folders]);
  expect(Object.keys(differences)).toHaveLength(NAMES.length);
  for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-5);
});
