// Runs out of memory for real: TensorFlow.js counts its tensors, and the executor refuses those beyond its budget.
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { createTfjsExecutor, loadPortableTensorFlow, type TensorFlow } from '@preheat/executor/tfjs';
import { CounterRandom } from '@preheat/ports';
import { beforeAll, describe, expect, it } from 'vitest';
import { CROSS_ENTROPY } from '../loss/loss-spec.js';
import { demonstrationRecord } from '../record/token-record.js';
import { imitate } from '../record/weighted-tokens.js';
import { MicroBatchTooLargeError, type Shrink } from './shrink-on-oom.js';
import { Trainer, type TrainerOptions } from './trainer.js';

const config: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 97,
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  max_position_embeddings: 32,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
const weights = freshDecoder(config, 1);
const [rowCount, length] = [8, 8];
const random = CounterRandom.fromSeed('shrink');
const tokens = Array.from({ length: rowCount }, () =>
  Int32Array.from({ length: length + 1 }, () => random.int(config.vocab_size)),
);
const rows = tokens.map((row) => imitate(demonstrationRecord(row, new Uint8Array(row.length).fill(1))));
const request = {
  spec: CROSS_ENTROPY,
  denominators: { crossEntropy: rowCount * (length + 1) },
  learningRate: 0.01,
};

describe('a trainer that runs out of memory', () => {
  let tf: TensorFlow;
  /** Bytes in between what a whole batch and half of it need, what half needs, and what one row needs. */
  let betweenHalfAndWhole: number;
  let belowHalf: number;
  let belowOneRow: number;

  async function within<T>(
    maxBytes: number,
    maxTokens: number,
    work: (trainer: Trainer, shrinks: Shrink[]) => Promise<T>,
    overheadTokens = 1e6,
  ): Promise<T> {
    const held = tf.memory().numBytes;
    const executor = createTfjsExecutor(tf, maxBytes === Infinity ? {} : { maxBytes: held + maxBytes });
    const shrinks: Shrink[] = [];
    const limits = { maxTokens, overheadTokens };
    const options: TrainerOptions = { executor, config, optimizer, limits, onShrink: (shrink) => shrinks.push(shrink) };
    try {
      return await work(await Trainer.open(options, { weights }), shrinks);
    } finally {
      await executor.dispose();
      expect(tf.memory().numBytes).toBe(held);
    }
  }

  const step = (trainer: Trainer) => trainer.step(rows, request);
  const measure = async (trainer: Trainer) => ({
    logProbs: await trainer.logProbs(tokens, 1),
    sums: await trainer.evaluate(rows, request.spec, request.denominators),
  });

  /** The least that `work` needs with micro-batches of so many tokens, to a few hundred bytes. */
  async function bytesNeeded(
    maxTokens: number,
    work: (trainer: Trainer) => Promise<unknown>,
    overheadTokens?: number,
  ): Promise<number> {
    let [tooLittle, enough] = [1000, 1e6];
    while (enough - tooLittle > 500) {
      const middle = Math.round((tooLittle + enough) / 2);
      const tried = async (trainer: Trainer, shrinks: Shrink[]) => {
        await work(trainer);
        return shrinks.length === 0;
      };
      const fits = await within(middle, maxTokens, tried, overheadTokens).catch((error) => {
        if (error instanceof MicroBatchTooLargeError) return false;
        throw error;
      });
      [tooLittle, enough] = fits ? [tooLittle, middle] : [middle, enough];
    }
    return enough;
  }

  beforeAll(async () => {
    tf = await loadPortableTensorFlow();
    const [whole, half, one] = [await bytesNeeded(64, step), await bytesNeeded(32, step), await bytesNeeded(8, step)];
    expect(whole).toBeGreaterThan(1.2 * half);
    betweenHalfAndWhole = Math.round((whole + half) / 2);
    belowHalf = Math.round((half + one) / 2);
    belowOneRow = one - 1000;
  });

  it('halves the micro-batch once and then trains as if it had been half from the start', async () => {
    const train = async (trainer: Trainer) => {
      const reports = [await step(trainer), await step(trainer)];
      return { reports, snapshot: await trainer.read() };
    };
    const shrunk = await within(betweenHalfAndWhole, 64, async (trainer, shrinks) => {
      const result = await train(trainer);
      expect(shrinks.map(({ from: { batch, length }, maxTokens }) => ({ from: { batch, length }, maxTokens }))).toEqual(
        [{ from: { batch: 8, length: 8 }, maxTokens: 32 }],
      );
      const { bytesAsked = 0, bytesFree = 0 } = shrinks[0]?.cause.shortage ?? {};
      expect(bytesAsked).toBeGreaterThan(bytesFree);
      return result;
    });
    expect(shrunk).toEqual(await within(Infinity, 32, train));
  });

  it('shares no prefixes any more, and then trains as one that never did', async () => {
    const prompt = Int32Array.from({ length: 13 }, () => random.int(config.vocab_size));
    const answers = tokens.map((row) => {
      const whole = Int32Array.of(...prompt, ...row.subarray(0, 4));
      return imitate(
        demonstrationRecord(
          whole,
          Uint8Array.from(whole, (_, t) => (t < 13 ? 0 : 1)),
        ),
      );
    });
    const learn = (trainer: Trainer) => trainer.step(answers, request);
    const [shared, whole] = [await bytesNeeded(128, learn, 16), await bytesNeeded(32, learn, 1e6)];
    const between = Math.round((shared + whole) / 2);
    const after = await within(
      between,
      128,
      async (trainer, shrinks) => {
        await learn(trainer);
        expect(shrinks.map(({ from: { batch, prefixes } }) => [batch, prefixes?.count])).toEqual([[4, 1]]);
        const { paddedTokens } = await learn(trainer);
        return { paddedTokens, maxTokens: shrinks[0]?.maxTokens ?? 0 };
      },
      16,
    );
    // Eight whole rows of 16.
    expect(after.paddedTokens).toBe(128);
    expect(after.maxTokens).toBeLessThan(64);
  });

  it('scores and evaluates with smaller micro-batches too', async () => {
    const between = Math.round(((await bytesNeeded(64, measure)) + (await bytesNeeded(32, measure))) / 2);
    await within(between, 64, async (trainer, shrinks) => {
      const result = await measure(trainer);
      expect(shrinks).toHaveLength(1);
      expect(result).toEqual(await within(Infinity, 32, measure));
    });
  });

  it('gives up the second time, naming the numbers and the setting', async () => {
    const failure: unknown = await within(belowHalf, 64, step).catch((e) => e);
    expect(failure).toBeInstanceOf(MicroBatchTooLargeError);
    expect((failure as Error).message).toMatch(
      /^a micro-batch of 4 rows of 8 tokens does not fit, after 8 rows of 8 tokens had not fitted either \(out of memory on CPU: [\d.]+ \w+ were asked for by a tensor of [\d×]+, [\d.]+ \w+ were free of [\d.]+ KiB allowed\); set PREHEAT_MICRO_BATCH_TOKENS of the runner below 32, or/,
    );
  });

  it('gives up at once when a single row does not fit', async () => {
    await expect(within(belowOneRow, 8, step)).rejects.toThrow(
      /^a micro-batch of one row of 8 tokens does not fit \(out of memory on CPU: .*\); a row cannot be cut/,
    );
  });

  it('passes every other failure on', async () => {
    await within(Infinity, 64, async (trainer) => {
      await trainer.dispose();
      await expect(trainer.step(rows, request)).rejects.toThrow('this training state was disposed');
    });
  });
});
