import type { DecoderConfig } from '@preheat/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { DecoderSession } from './decoder-session.js';
import type { GeneratedRow, GenerateOptions } from './generation-types.js';
import { logSoftmax, naiveLogits } from './oracle/naive-llama.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { RepetitionWatch } from './repetition-watch.js';

/** float32 graphs against float64: logits of these models differ by about 1e-6. */
const TOLERANCE = 2e-5;
const PROMPTS = [[1, 4, 7], [1], [1, 9, 9, 3, 5, 10, 2, 6]];
const requests = PROMPTS.map((tokens, row) => ({ tokens, key: `row-${row}` }));
const GREEDY: GenerateOptions = { maxNewTokens: 10, temperature: 0, seed: 0, stopIds: [] };

const open: DecoderSession[] = [];
async function session(config: DecoderConfig = TINY_CONFIG, seed = 1): Promise<DecoderSession> {
  const created = await DecoderSession.create(config, randomTensors(config, seed));
  open.push(created);
  return created;
}
afterAll(() => Promise.all(open.map((each) => each.close())));

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = TOLERANCE): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, index) => {
    expect(Math.abs((actual[index] as number) - value)).toBeLessThan(tolerance);
  });
}

/** Log-probability of every new token by full re-scoring in float64. */
function oracleLogProbs(config: DecoderConfig, seed: number, prompt: number[], row: GeneratedRow, temperature = 1) {
  const tokens = [...prompt, ...row.tokens];
  const logits = naiveLogits(config, randomTensors(config, seed), tokens);
  return [...row.tokens].map((token, index) => {
    const before = logits[prompt.length + index - 1] as number[];
    return logSoftmax(before, temperature)[token] as number;
  });
}

describe('generate, greedy', () => {
  const variants: [string, Partial<typeof TINY_CONFIG>][] = [
    ['grouped key/value heads', {}],
    ['one key/value head', { num_key_value_heads: 1 }],
    ['as many key/value heads as query heads', { num_key_value_heads: 4 }],
    ['a tied head', { tie_word_embeddings: true }],
    ['heads wider than the model divided by their number', { head_dim: 16, num_hidden_layers: 3 }],
  ];

  it.each(variants)('follows the float64 oracle with %s', async (_, change) => {
    const config = { ...TINY_CONFIG, ...change };
    const rows = await (await session(config)).generate(requests, GREEDY);
    rows.forEach((row, index) => {
      const prompt = PROMPTS[index] as number[];
      const logits = naiveLogits(config, randomTensors(config, 1), [...prompt, ...row.tokens]);
      const best = logits.slice(prompt.length - 1, -1).map((values) => values.indexOf(Math.max(...values)));
      expect([...row.tokens]).toEqual(best);
      expectClose(row.logProbs, oracleLogProbs(config, 1, prompt, row));
      expect(row.finishReason).toBe('length');
    });
  });

  it('does not depend on the padding that longer neighbours bring', async () => {
    const decoder = await session();
    const together = await decoder.generate(requests, GREEDY);
    for (const [index, request] of requests.entries()) {
      const [alone] = await decoder.generate([request], GREEDY);
      expect(alone?.tokens).toEqual(together[index]?.tokens);
      expectClose(alone?.logProbs ?? [], [...(together[index]?.logProbs ?? [])], 1e-5);
    }
  });
});

describe('generate, sampled', () => {
  const SAMPLED: GenerateOptions = { ...GREEDY, temperature: 1, seed: 7 };

  it('records log-probabilities that scoring reproduces, at any temperature', async () => {
    const decoder = await session();
    for (const temperature of [0.5, 1, 1.7]) {
      const rows = await decoder.generate(requests, { ...SAMPLED, temperature });
      const scored = await decoder.score(
        rows.map((row, index) => {
          const prompt = PROMPTS[index] as number[];
          return { tokens: [...prompt, ...row.tokens], from: prompt.length };
        }),
        { temperature },
      );
      rows.forEach((row, index) => {
        expectClose(row.logProbs, [...(scored[index]?.logProbs ?? [])]);
        expectClose(row.logProbs, oracleLogProbs(TINY_CONFIG, 1, PROMPTS[index] as number[], row, temperature));
      });
    }
  });

  it('draws the same row for the same seed and key, whatever is decoded beside it', async () => {
    const decoder = await session();
    const many = Array.from({ length: 150 }, (_, row) => ({
      tokens: PROMPTS[row % PROMPTS.length] as number[],
      key: `sample-${row}`,
    }));
    const rows = await decoder.generate(many, SAMPLED);
    const again = await decoder.generate([...many].reverse(), SAMPLED);
    expect(again.reverse().map(({ tokens }) => tokens)).toEqual(rows.map(({ tokens }) => tokens));
    const [alone] = await decoder.generate([many[77] as (typeof many)[number]], SAMPLED);
    expect(alone?.tokens).toEqual(rows[77]?.tokens);
    const otherSeed = await decoder.generate(many, { ...SAMPLED, seed: 8 });
    const equal = otherSeed.filter((row, index) => String(row.tokens) === String(rows[index]?.tokens));
    expect(equal.length).toBeLessThan(5);
  });

  it('draws tokens in proportion to their probabilities', async () => {
    const decoder = await session(TINY_CONFIG, 4);
    const draws = 3000;
    const prompt = [1, 4];
    const many = Array.from({ length: draws }, (_, row) => ({ tokens: prompt, key: `draw-${row}` }));
    const rows = await decoder.generate(many, { ...SAMPLED, maxNewTokens: 1 });
    const logits = naiveLogits(TINY_CONFIG, randomTensors(TINY_CONFIG, 4), prompt).at(-1) as number[];
    const expected = logSoftmax(logits).map((value) => draws * Math.exp(value));
    const observed = expected.map((_, token) => rows.filter(({ tokens }) => tokens[0] === token).length);
    const chiSquare = expected.reduce((sum, mean, token) => sum + ((observed[token] as number) - mean) ** 2 / mean, 0);
    // 10 degrees of freedom: 29.6 is the 0.999 quantile, and the seed is fixed.
    expect(chiSquare).toBeLessThan(29.6);
  });

  it('keeps to the nucleus and renormalises over it', async () => {
    const decoder = await session();
    const topP = 0.6;
    const many = Array.from({ length: 300 }, (_, row) => ({ tokens: [1, 4, 7], key: `nucleus-${row}` }));
    const rows = await decoder.generate(many, { ...SAMPLED, maxNewTokens: 1, topP });
    const logits = naiveLogits(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), [1, 4, 7]).at(-1) as number[];
    const ranked = logSoftmax(logits)
      .map((logProb, token) => ({ token, probability: Math.exp(logProb) }))
      .sort((a, b) => b.probability - a.probability);
    const nucleus = ranked.filter((_, rank) => {
      return ranked.slice(0, rank).reduce((sum, { probability }) => sum + probability, 0) < topP;
    });
    const mass = nucleus.reduce((sum, { probability }) => sum + probability, 0);
    expect(nucleus.length).toBeGreaterThan(1);
    expect(new Set(rows.map(({ tokens }) => tokens[0]))).toEqual(new Set(nucleus.map(({ token }) => token)));
    for (const { tokens, logProbs } of rows) {
      const entry = nucleus.find(({ token }) => token === tokens[0]);
      expect(logProbs[0]).toBeCloseTo(Math.log((entry?.probability ?? 0) / mass), 4);
    }
  });

  it('with a tiny nucleus equals greedy decoding', async () => {
    const decoder = await session();
    const narrow = await decoder.generate(requests, { ...SAMPLED, topP: 1e-6 });
    const greedy = await decoder.generate(requests, GREEDY);
    expect(narrow.map(({ tokens }) => tokens)).toEqual(greedy.map(({ tokens }) => tokens));
    for (const { logProbs } of narrow) expectClose(logProbs, new Array(10).fill(0));
  });
});

describe('generate, stopping', () => {
  it('ends a row with its stop token and leaves its neighbours as they were', async () => {
    const decoder = await session();
    const free = await decoder.generate(requests, GREEDY);
    const stop = free[0]?.tokens[3] as number;
    const rows = await decoder.generate(requests, { ...GREEDY, stopIds: [stop, 2] });
    rows.forEach((row, index) => {
      const tokens = [...(free[index]?.tokens ?? [])];
      const end = tokens.findIndex((token) => token === stop || token === 2);
      expect(row.finishReason).toBe(end < 0 ? 'length' : 'stop');
      expect([...row.tokens]).toEqual(end < 0 ? tokens : tokens.slice(0, end + 1));
      expect(row.logProbs).toHaveLength(row.tokens.length);
    });
    expect(rows[0]?.finishReason).toBe('stop');
  });

  it('stops at the end-of-sequence token by default, also on the first token', async () => {
    const decoder = await session({ ...TINY_CONFIG, eos_token_id: (await firstGreedy()) as number });
    const [row] = await decoder.generate([requests[0] as (typeof requests)[number]], {
      ...GREEDY,
      stopIds: undefined as never,
    });
    expect(row).toMatchObject({ finishReason: 'stop' });
    expect(row?.tokens).toHaveLength(1);
  });

  async function firstGreedy(): Promise<number | undefined> {
    const [row] = await (await session()).generate([requests[0] as (typeof requests)[number]], GREEDY);
    return row?.tokens[0];
  }
});

describe('generate, alternatives', () => {
  it('reports the model at temperature 1 whatever was sampled from', async () => {
    const decoder = await session();
    const options = { ...GREEDY, temperature: 0.3, seed: 3, maxNewTokens: 4, topLogProbs: 3 };
    const rows = await decoder.generate(requests, options);
    const plain = await decoder.generate(requests, { ...options, topLogProbs: 0 });
    rows.forEach((row, index) => {
      expect(row.tokens).toEqual(plain[index]?.tokens);
      expect(plain[index]?.alternatives).toBeUndefined();
      const prompt = PROMPTS[index] as number[];
      const logits = naiveLogits(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), [...prompt, ...row.tokens]);
      row.alternatives?.forEach(({ logProb, top }, position) => {
        const full = logSoftmax(logits[prompt.length + position - 1] as number[]);
        const order = full.map((_, token) => token).sort((a, b) => (full[b] as number) - (full[a] as number));
        expect(logProb).toBeCloseTo(full[row.tokens[position] as number] as number, 4);
        expect(top.map(({ token }) => token)).toEqual(order.slice(0, 3));
        expectClose(
          top.map((each) => each.logProb),
          order.slice(0, 3).map((token) => full[token] as number),
        );
      });
      expect(row.alternatives).toHaveLength(4);
    });
  });
});

describe('generate, watched for repetition', () => {
  const LONG: GenerateOptions = { ...GREEDY, maxNewTokens: 100 };
  const repetition = { maxPattern: 6, count: 3 };

  it('ends a row that goes in circles at the token where it is seen to, and leaves the others as they are', async () => {
    const decoder = await session({ ...TINY_CONFIG, max_position_embeddings: 128 });
    const options = PROMPTS.map((_, row) => (row === 1 ? { temperature: 3 } : {}));
    const mixed = requests.map((request, row) => ({ ...request, options: options[row] ?? {} }));
    const whole = await decoder.generate(mixed, LONG);
    const watched = await decoder.generate(mixed, { ...LONG, repetition });
    expect(watched.map(({ finishReason }) => finishReason)).toEqual(['repetition', 'length', 'repetition']);
    watched.forEach(({ tokens, logProbs, finishReason }, row) => {
      const watch = new RepetitionWatch(repetition);
      const end = whole[row]?.tokens.findIndex((token) => watch.sees(token)) ?? -1;
      expect(tokens).toEqual(finishReason === 'length' ? whole[row]?.tokens : whole[row]?.tokens.slice(0, end + 1));
      expectClose(logProbs, [...(whole[row]?.logProbs.subarray(0, tokens.length) ?? [])], 1e-5);
    });
  });

  it('says that a row stopped when the token that repeats is also its stop', async () => {
    const decoder = await session();
    const [row] = await decoder.generate([requests[0] as (typeof requests)[number]], GREEDY);
    const first = row?.tokens[0] as number;
    const watched = { ...GREEDY, stopIds: [first], repetition: { maxPattern: 1, count: 2 } };
    const [stopped] = await decoder.generate([requests[0] as (typeof requests)[number]], watched);
    expect(stopped).toMatchObject({ finishReason: 'stop', tokens: Int32Array.of(first) });
  });

  it('refuses a limit that every token reaches', async () => {
    const decoder = await session();
    const once = { ...GREEDY, repetition: { maxPattern: 4, count: 1 } };
    await expect(decoder.generate(requests, once)).rejects.toThrow('repetition.count must be an integer of at least 2');
  });
});
