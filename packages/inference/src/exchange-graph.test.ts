/** The exported graph, run the way transformers.js runs it: left-padded batch, then steps with the cache outside. */
import { decoderToOnnx } from '@preheat/checkpoints';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { naiveLogits } from './oracle/naive-llama.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { sessionOptions } from './session-options.js';

const { vocab_size: vocabulary, num_key_value_heads: keyHeads, head_dim: headDim } = TINY_CONFIG;
const tensors = randomTensors(TINY_CONFIG, 1);

function int64(rows: number[][]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
}

function logitsAt({ logits }: ort.InferenceSession.ReturnType, row: number, column: number): number[] {
  const [, columns] = logits?.dims as [number, number];
  const start = (row * columns + column) * vocabulary;
  return [...(logits?.data as Float32Array).slice(start, start + vocabulary)];
}

function expectLogits(actual: number[], tokens: number[]): void {
  const expected = naiveLogits(TINY_CONFIG, tensors, tokens).at(-1) as number[];
  expected.forEach((value, token) => {
    expect(Math.abs((actual[token] as number) - value)).toBeLessThan(2e-5);
  });
}

describe('the exchange graph', () => {
  it('gives the oracle logits for padded rows, and again when continued from its own cache', async () => {
    const model = decoderToOnnx(TINY_CONFIG, tensors, 'exchange');
    const session = await ort.InferenceSession.create(model, sessionOptions(1));
    const layers = Array.from({ length: TINY_CONFIG.num_hidden_layers }, (_, layer) => layer);
    const names = layers.flatMap((layer) => [`${layer}.key`, `${layer}.value`]);
    const empty = new ort.Tensor('float32', new Float32Array(0), [2, keyHeads, 0, headDim]);
    const first = await session.run({
      input_ids: int64([
        [0, 0, 4, 7],
        [1, 9, 3, 5],
      ]),
      attention_mask: int64([
        [0, 0, 1, 1],
        [1, 1, 1, 1],
      ]),
      position_ids: int64([
        [0, 0, 0, 1],
        [0, 1, 2, 3],
      ]),
      ...Object.fromEntries(names.map((name) => [`past_key_values.${name}`, empty])),
    });
    expect(first['logits']?.dims).toEqual([2, 4, vocabulary]);
    expectLogits(logitsAt(first, 0, 3), [4, 7]);
    expectLogits(logitsAt(first, 1, 3), [1, 9, 3, 5]);
    expectLogits(logitsAt(first, 1, 1), [1, 9]);
    const second = await session.run({
      input_ids: int64([[6], [8]]),
      attention_mask: int64([
        [0, 0, 1, 1, 1],
        [1, 1, 1, 1, 1],
      ]),
      position_ids: int64([[2], [4]]),
      ...Object.fromEntries(names.map((name) => [`past_key_values.${name}`, first[`present.${name}`] as ort.Tensor])),
    });
    expectLogits(logitsAt(second, 0, 0), [4, 7, 6]);
    expectLogits(logitsAt(second, 1, 0), [1, 9, 3, 5, 8]);
    await session.release();
  });
});
