import type { Trainer } from '@preheat/nn';
import { describe, expect, it } from 'vitest';
import type { Completion } from '../rollout/collect.js';
import { judgeCompletions } from './judge-completions.js';
import type { PpoLoopConfig } from './keys.js';

const config = {
  gamma: 1,
  gae_lambda: 0.95,
  kl_beta: 0.5,
  temperature: 1,
  whiten_advantages: false,
} as PpoLoopConfig;

/** Two tokens behind a prompt of one, drawn with log-probabilities −1 and −2. */
const completion = (policyVersion = 0): Completion => ({
  row: { messages: [] },
  prompt: Int32Array.of(7),
  sample: {
    tokens: Int32Array.of(8, 9),
    logProbs: Float32Array.of(-1, -2),
    finishReason: 'stop',
    policyVersion,
  },
});

/** Models whose numbers are given, by token of the sequence. */
const valuing = {
  values: async (rows: unknown[]) => rows.map(() => Float32Array.of(0, 0.5, 0.25)),
} as unknown as Trainer;
const reference = {
  logProbs: async (rows: unknown[]) => rows.map(() => Float32Array.of(0, -1.5, -1)),
} as unknown as Trainer;
const close = (actual: ArrayLike<number> | undefined, expected: readonly number[]): void => {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => expect(actual?.[i]).toBeCloseTo(x, 6));
};

describe('judgeCompletions', () => {
  it('asks the reference at the temperature of each token, and trains the segments that are to be', async () => {
    const asked: unknown[] = [];
    const listening = {
      logProbs: async (rows: Int32Array[], temperature: unknown) => {
        asked.push(temperature);
        return rows.map(() => Float32Array.of(0, -1.5, -1));
      },
    } as unknown as Trainer;
    const segments = {
      segment: Uint8Array.of(0, 1),
      temperature: Float32Array.of(1.5, 1),
      trained: Uint8Array.of(0, 1),
    };
    const segmented = { ...config, answer_segments: [{ max_tokens: 1, temperature: 1.5, trained: false }, {}] };
    const judges = { trainer: valuing, reference: listening };
    const judged = await judgeCompletions([{ ...completion(), segments }], [1], judges, segmented);
    expect(asked).toEqual([[Float32Array.of(1, 1.5, 1)]]);
    expect([...(judged.rows[0]?.policyGradient?.weight ?? [])]).toEqual([0, 0, 1]);
    expect(judged.denominator).toBe(1);
    const { rows } = await judgeCompletions([completion()], [1], { trainer: valuing, reference: null }, config);
    // What an untrained token earned still counts for the tokens around it.
    expect(judged.rows[0]?.policyGradient?.advantage[2]).toBeCloseTo(
      (rows[0]?.policyGradient?.advantage[2] ?? Number.NaN) + 0.5,
      6,
    );
  });

  it('pays the grade at a forced token, which has no price and no loss', async () => {
    const forced = Uint8Array.of(0, 1);
    const { sample, ...rest } = completion();
    const segments = {
      segment: new Uint8Array(2),
      temperature: new Float32Array(2).fill(1),
      trained: new Uint8Array(2).fill(1),
      forced,
    };
    const cut = { ...rest, sample: { ...sample, logProbs: Float32Array.of(-1, 0), forced }, segments };
    const segmented = { ...config, answer_segments: [{ until: 'x', max_tokens: 1, force: true }] };
    const { rows, denominator } = await judgeCompletions([cut], [1], { trainer: valuing, reference }, segmented);
    const [{ policyGradient } = { policyGradient: undefined }] = rows;
    expect([...(policyGradient?.weight ?? [])]).toEqual([0, 1, 0]);
    expect(denominator).toBe(1);
    // δ of the second is 1 − 0.25; of the first 0.5·(−1.5 + 1) + 0.25 − 0.5.
    expect(policyGradient?.advantage[1]).toBeCloseTo(-0.5 + 0.95 * 0.75, 6);
  });

  it('equals a computation by hand on two tokens', async () => {
    const { rows, denominator, metrics } = await judgeCompletions(
      [completion()],
      [1],
      { trainer: valuing, reference: null },
      config,
    );
    const policy = rows[0]?.policyGradient;
    // δ1 = 1 − 0.25; δ0 = 0 + 0.25 − 0.5; A0 = δ0 + 0.95·δ1.
    close(policy?.advantage, [0, 0.4625, 0.75]);
    close(policy?.value?.returns, [0, 0.9625, 1]);
    close(policy?.value?.old, [0, 0.5, 0.25]);
    close(policy?.weight, [0, 1, 1]);
    expect(denominator).toBe(2);
    expect(metrics['value_mean']).toBeCloseTo(0.375, 6);
    expect(metrics['reference_kl']).toBeUndefined();
  });

  it('takes the penalty for leaving the reference out of the rewards', async () => {
    const { rows, metrics } = await judgeCompletions([completion()], [1], { trainer: valuing, reference }, config);
    // r0 = 0.5·(−1.5 + 1) = −0.25; r1 = 1 + 0.5·(−1 + 2) = 1.5; δ1 = 1.25; δ0 = −0.25 + 0.25 − 0.5.
    close(rows[0]?.policyGradient?.advantage, [0, -0.5 + 0.95 * 1.25, 1.25]);
    expect(metrics['reference_kl']).toBeCloseTo((0.5 - 1) / 2, 6);
  });

  it('whitens over the batch, and trains nothing on a failed grade', async () => {
    const judges = { trainer: valuing, reference: null };
    const whitened = { ...config, whiten_advantages: true };
    const { rows, denominator } = await judgeCompletions([completion(), completion()], [1, null], judges, whitened);
    // 0.4625 and 0.75 are one sample deviation apart from each other's mean by 1/√2.
    close(rows[0]?.policyGradient?.advantage, [0, -Math.SQRT1_2, Math.SQRT1_2]);
    close(rows[1]?.policyGradient?.weight, [0, 0, 0]);
    expect(denominator).toBe(2);
  });
});
