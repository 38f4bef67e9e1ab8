/** A step over shapes that were prepared makes no session; the same without preparation does. */
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfigOf } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { describe, expect, it } from 'vitest';
import { CROSS_ENTROPY } from '../loss/loss-spec.js';
import { demonstrationRecord } from '../record/token-record.js';
import { imitate } from '../record/weighted-tokens.js';
import { Trainer } from './trainer.js';

const config: DecoderConfigOf<'llama'> = {
  model_type: 'llama',
  vocab_size: 40,
  hidden_size: 24,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  head_dim: 12,
  max_position_embeddings: 128,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
const request = { spec: CROSS_ENTROPY, denominators: { crossEntropy: 100 }, learningRate: 0.01 };
const rowsOf = (lengths: readonly number[]) =>
  lengths.map((length) => imitate(demonstrationRecord(new Int32Array(length).fill(5), new Uint8Array(length).fill(1))));

/** What the sessions of one step over `next` were made for, after a step over other shapes. */
async function sessionsOfStep(next: readonly number[], isPrepared: boolean): Promise<string[]> {
  const moments: string[] = [];
  const executor = createOnnxExecutor({ workers: 2, onSession: (moment) => moments.push(moment) });
  const limits = { maxTokens: 64, overheadTokens: 8 };
  const trainer = await Trainer.open({ executor, config, optimizer, limits }, { weights: freshDecoder(config, 1) });
  await trainer.step(rowsOf([9, 9]), request);
  moments.length = 0;
  if (isPrepared) await trainer.prepare(rowsOf(next), CROSS_ENTROPY);
  const prepared = moments.length;
  await trainer.step(rowsOf(next), request);
  await trainer.dispose();
  await executor.dispose();
  expect(moments.slice(0, prepared).every((moment) => moment === 'ahead')).toBe(true);
  return moments.slice(prepared);
}

describe('Trainer.prepare', () => {
  const lengths = [12, 14, 30, 33, 33, 50, 61];

  it('leaves no session to be made while a step waits', async () => {
    expect((await sessionsOfStep(lengths, false)).length).toBeGreaterThanOrEqual(3);
    expect(await sessionsOfStep(lengths, true)).toEqual([]);
  });

  it('does nothing once the trainer is gone', async () => {
    const executor = createOnnxExecutor({ workers: 1 });
    const trainer = await Trainer.open({ executor, config, optimizer }, { weights: freshDecoder(config, 1) });
    const preparing = trainer.prepare(rowsOf(lengths), CROSS_ENTROPY);
    await trainer.dispose();
    await preparing;
    await executor.dispose();
  });
});
