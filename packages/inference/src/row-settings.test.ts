import { afterAll, describe, expect, it } from 'vitest';
import { DecoderSession } from './decoder-session.js';
import type { GenerateOptions, GenerateRequest } from './generation-types.js';
import { literal, oneOf, repeat, sequence } from './grammar/byte-grammar.js';
import { SortedTokens, TokenConstraint } from './grammar/token-constraint.js';
import { naiveRow } from './oracle/naive-choice.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const BASE: GenerateOptions = { maxNewTokens: 30, seed: 21, stopIds: [] };
const PROMPTS = [[1, 4, 7], [3], [1, 9, 9, 3, 5, 10, 2, 6], [8, 8, 8]];
const SETTINGS: [string, Partial<Omit<GenerateOptions, 'signal'>>][] = [
  ['nothing', {}],
  ['greedy', { temperature: 0 }],
  ['a temperature', { temperature: 0.6 }],
  ['top-k', { topK: 3 }],
  ['top-k 1', { topK: 1, temperature: 1.3 }],
  ['a nucleus', { topP: 0.7 }],
  ['both, hot', { topK: 5, topP: 0.8, temperature: 1.8 }],
  ['a presence penalty', { presencePenalty: 1.5 }],
  ['a frequency penalty, greedy', { frequencyPenalty: 0.9, temperature: 0 }],
  ['an invitation to repeat', { frequencyPenalty: -0.7, presencePenalty: -0.4 }],
  ['a repetition penalty', { repetitionPenalty: 1.7 }],
  ['a repetition penalty below 1, greedy', { repetitionPenalty: 0.8, temperature: 0 }],
  ['biases', { logitBias: { 3: 1.5, 5: -100, 10: 0.5 } }],
  [
    'everything',
    { topK: 6, topP: 0.9, presencePenalty: 0.3, frequencyPenalty: 0.2, logitBias: { 1: 2 }, stopIds: [1] },
  ],
  ['a stop', { stopIds: [7] }],
  ['stops and fewer tokens', { stopIds: [9, 6], maxNewTokens: 13 }],
  ['another seed', { seed: 5 }],
];
const requests: GenerateRequest[] = SETTINGS.map(([name, options], row) => ({
  tokens: PROMPTS[row % PROMPTS.length] as number[],
  key: name,
  options,
}));
const tensors = randomTensors(TINY_CONFIG, 1);

const open: DecoderSession[] = [];
async function session(): Promise<DecoderSession> {
  const created = await DecoderSession.create(TINY_CONFIG, tensors);
  open.push(created);
  return created;
}
afterAll(() => Promise.all(open.map((each) => each.close())));

describe('settings of a row', () => {
  it('are its own, all of them in one batch, as a naive computation has it', async () => {
    const rows = await (await session()).generate(requests, BASE);
    rows.forEach((row, index) => {
      const { tokens, key, options } = requests[index] as GenerateRequest;
      const expected = naiveRow(TINY_CONFIG, tensors, Array.from(tokens), key, { ...BASE, ...options });
      expect([key, [...row.tokens], row.finishReason]).toEqual([key, expected.tokens, expected.finishReason]);
      row.logProbs.forEach((value, at) => {
        expect(Math.abs(value - (expected.logProbs[at] as number))).toBeLessThan(5e-5);
      });
    });
  });

  it('give the same row alone', async () => {
    const decoder = await session();
    const rows = await decoder.generate(requests, BASE);
    for (const [index, request] of requests.entries()) {
      const [alone] = await decoder.generate([request], BASE);
      expect([...(alone?.tokens ?? [])]).toEqual([...(rows[index]?.tokens ?? [])]);
    }
  });

  it('may constrain a row to a grammar, which changes no other row of the batch', async () => {
    const decoder = await session();
    // Token t is written as the letter at t; 0 ends the text.
    const letters = [...' abcdefghij'].map((letter, id) => (id === 0 ? null : new TextEncoder().encode(letter)));
    const grammar = sequence(repeat(oneOf('ace'), 3, 3), oneOf('j'));
    const constraint = new TokenConstraint(grammar, new SortedTokens(letters), [0]);
    const constrained = { constraint, stopIds: [0], temperature: 1.4, logitBias: { 2: 100 }, topK: 4 };
    const rows = await decoder.generate([...requests, { tokens: [4, 2], key: 'held', options: constrained }], BASE);
    expect(rows.at(-1)?.finishReason).toBe('stop');
    expect([...(rows.at(-1)?.tokens ?? [])].map((id) => ' abcdefghij'[id]).join('')).toMatch(/^[ace]{3}j $/);
    // At the forced ends nothing else could be drawn.
    expect([...(rows.at(-1)?.logProbs ?? [])].slice(3)).toEqual([0, 0]);
    const free = await decoder.generate(requests, BASE);
    expect(rows.slice(0, -1).map(({ tokens }) => [...tokens])).toEqual(free.map(({ tokens }) => [...tokens]));
  });

  it('say where no token may follow', async () => {
    const decoder = await session();
    const letters = [null, new TextEncoder().encode('a')];
    const dead = new TokenConstraint(literal('ab'), new SortedTokens([...letters, ...new Array(9).fill(null)]), [0]);
    const request = { tokens: [1], key: 'x', options: { constraint: dead } };
    await expect(decoder.generate([request], BASE)).rejects.toThrow('no token of the model may come at position 1');
    const never = new TokenConstraint(literal('b'), new SortedTokens(letters), [0]);
    await expect(decoder.generate([{ ...request, options: { constraint: never } }], BASE)).rejects.toThrow(
      'no token of the model may come at position 0',
    );
  });

  it('continue over chunks of a stream', async () => {
    const decoder = await session();
    const request = requests[SETTINGS.findIndex(([name]) => name === 'everything')] as GenerateRequest;
    const [whole] = await decoder.generate([request], BASE);
    const tokens: number[] = [];
    for await (const chunk of decoder.stream(request, { ...BASE, chunkTokens: 3 })) tokens.push(...chunk.tokens);
    expect(tokens).toEqual([...(whole?.tokens ?? [])]);
  });

  it.each([
    [{ topK: 0 }, 'topK must be a positive integer, got 0'],
    [{ presencePenalty: 2.5 }, 'presencePenalty must be between -2 and 2, got 2.5'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty must be above 0 and at most 100, got 0'],
    [{ logitBias: { 11: 1 } }, 'a token of logitBias must be a token id from 0 to 10, got 11'],
    [{ logitBias: { 1: 101 } }, 'logitBias of token 1 must be between -100 and 100, got 101'],
  ])('are checked: %j', async (options, message) => {
    const decoder = await session();
    await expect(decoder.generate([{ ...(requests[0] as GenerateRequest), options }], BASE)).rejects.toThrow(message);
  });
});
