/** Against Hugging Face transformers: a checkpoint it saved, read here, must give its logits and its greedy tokens. */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, readHuggingFaceConfig } from '@preheat/checkpoints';
import { describe, expect, it } from 'vitest';
import { DecoderSession } from './decoder-session.js';
import { logSoftmax, naiveLogits } from './oracle/naive-llama.js';

const file = (name: string): Buffer => readFileSync(new URL(`./oracle/fixture/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(file(name).toString('utf8'));

/** Made by oracle/fixture/make-llama-fixture.py. */
const expected = json('expected.json') as { tokens: number[][]; logits: number[][][]; greedy: number[][] };
const read = readHuggingFaceConfig(json('config.json'));
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const config = read.value;
const { tensors } = decodeSafetensors(new Uint8Array(file('model.safetensors')));

describe('a checkpoint saved by transformers', () => {
  it('gives the recorded logits in the float64 oracle', () => {
    expected.tokens.forEach((tokens, row) => {
      naiveLogits(config, tensors, tokens).forEach((logits, position) => {
        logits.forEach((value, token) => {
          // The rotation angles are float32 there and float64 here.
          expect(Math.abs(value - (expected.logits[row]?.[position]?.[token] as number))).toBeLessThan(1e-5);
        });
      });
    });
  });

  it('gives the recorded log-probabilities and greedy tokens on ONNX Runtime', async () => {
    const decoder = await DecoderSession.create(config, tensors);
    const scored = await decoder.score(expected.tokens.map((tokens) => ({ tokens, from: 1 })));
    expected.tokens.forEach((tokens, row) => {
      scored[row]?.logProbs.forEach((value, index) => {
        const logits = expected.logits[row]?.[index] as number[];
        expect(Math.abs(value - (logSoftmax(logits)[tokens[index + 1] as number] as number))).toBeLessThan(1e-5);
      });
    });
    const requests = expected.tokens.map((tokens, row) => ({ tokens, key: String(row) }));
    const rows = await decoder.generate(requests, { maxNewTokens: 8, temperature: 0, seed: 0, stopIds: [] });
    expect(rows.map(({ tokens }) => [...tokens])).toEqual(expected.greedy);
    await decoder.close();
  });
});
