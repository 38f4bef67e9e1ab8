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
import { DecoderSession } from '@preheat/inference';
import { Trainer } from '@preheat/nn';
import { afterAll, describe, expect } from 'vitest';
import { servedLogits } from '../numerics/served-logits.js';
import { trainedDecoder } from '../numerics/trained-decoder.js';
import { expectWithin, largest, largestDifference, relativeDifference, worst } from './comparison.js';
import { peerTest, runPeer } from './peer-python.js';

/** Rows that training attends over in several blocks of queries (causalBlocks): rows of their own in the table. */
const LONG_NAMES = [
  'llama over 600 tokens',
  'mistral over 520 tokens, window 70',
  'mistral over 600 tokens, window 301',
  'gpt2 over 300 tokens',
  'gemma2 over 513 tokens',
  'gemma3_text over 400 tokens',
];
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
  ...LONG_NAMES,
];
const LOGIT_TOLERANCE = 1e-4;
/** Not 1, so that it is seen. */
const TEMPERATURE = 0.7;
/** The trainer is only asked for log-probabilities. */
const NO_OPTIMIZER = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 };
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

/** Natural log-probabilities of the tokens of each row from the second on, of logits [B·T, V] over a temperature. */
function logProbsOf(logits_NV: Float32Array, rows: readonly (readonly number[])[], temperature: number): number[] {
  const vocabulary = logits_NV.length / rows.flat().length;
  return rows.flatMap((tokens, row) =>
    tokens.slice(1).map((token, t) => {
      const start = (row * tokens.length + t) * vocabulary;
      const scaled = Array.from(logits_NV.subarray(start, start + vocabulary), (x) => x / temperature);
      return (scaled[token] ?? Number.NaN) - Math.log(scaled.reduce((sum, x) => sum + Math.exp(x), 0));
    }),
  );
}

describe.each(NAMES)('%s', (name) => {
  const compared = { peers: ['transformers', 'torch'] as const, configuration: name };
  const rowOf = (check: string): string => (LONG_NAMES.includes(name) ? `${check}, 300 to 600 tokens` : check);

  peerTest(`${name}: logits and every gradient in training`, async (context) => {
    const { config, tensors, tokens, loss, expected } = await open(name);
    const trained = await trainedDecoder(executor, config, tensors, tokens);
    const logits = expected.get('logits')?.data as Float32Array;
    const within = (check: string, difference: number, bound: number, unit: string) =>
      expectWithin(context, { check: rowOf(check), ...compared, difference, bound, unit });
    expect(largest(logits)).toBeGreaterThan(1);
    within('logits in training', largestDifference(trained.logits_NV, logits), LOGIT_TOLERANCE, 'absolute');
    within('loss', Math.abs(trained.loss - loss), 1e-5, 'nats');
    const names = [...expected.keys()].filter((key) => key.startsWith('gradient.'));
    expect([...trained.gradients.keys()].sort()).toEqual(names.map((key) => key.slice('gradient.'.length)).sort());
    const differences = [...trained.gradients].map(([parameter, gradient]) =>
      relativeDifference(gradient, expected.get(`gradient.${parameter}`)?.data ?? []),
    );
    within('gradients', worst(differences), GRADIENT_TOLERANCE, 'relative');
  });

  peerTest(`${name}: logits in serving`, async (context) => {
    const { config, tensors, tokens, expected } = await open(name);
    const logits = await servedLogits(config, tensors, tokens);
    const difference = largestDifference(logits, expected.get('logits')?.data ?? []);
    expectWithin(context, {
      check: rowOf('logits in serving'),
      ...compared,
      difference,
      bound: LOGIT_TOLERANCE,
      unit: 'absolute',
    });
  });

  peerTest(`${name}: log-probabilities by the trainer and by the decoder`, async (context) => {
    const { config, tensors, tokens, expected } = await open(name);
    const theirs = logProbsOf(expected.get('logits')?.data as Float32Array, tokens, TEMPERATURE);
    const trainer = await Trainer.open({ executor, config, optimizer: NO_OPTIMIZER }, { weights: tensors });
    const byTrainer = await trainer.logProbs(
      tokens.map((row) => Int32Array.from(row)),
      TEMPERATURE,
    );
    await trainer.dispose();
    const decoder = await DecoderSession.create(config, tensors);
    const rows = tokens.map((row) => ({ tokens: row, from: 1 }));
    const byDecoder = await decoder.score(rows, { temperature: TEMPERATURE });
    await decoder.close();
    const scores = {
      training: byTrainer.flatMap((row) => [...row.subarray(1)]),
      serving: byDecoder.flatMap(({ logProbs }) => [...logProbs]),
    };
    for (const [where, ours] of Object.entries(scores)) {
      const difference = largestDifference(ours, theirs);
      const check = rowOf(`log-probabilities in ${where}`);
      expectWithin(context, { check, ...compared, difference, bound: LOGIT_TOLERANCE, unit: 'nats' });
    }
  });
});

peerTest('transformers loads every config we write, and computes the same', async (context) => {
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
  const compared = { check: 'logits of the config written here', peers: ['transformers'] as const, unit: 'absolute' };
  folders.forEach((folder, index) => {
    const configuration = NAMES[index] ?? folder;
    expectWithin(context, { ...compared, configuration, difference: differences[folder] ?? Number.NaN, bound: 1e-5 });
  });
});
