/** The graphs of few rows and of many compute the same: a row gets among many what it gets alone, to rounding. */
import { rowCount } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { generateRows } from './generate-rows.js';
import type { GeneratedRow, GenerateOptions } from './generation-types.js';
import { type CountedEngine, countedEngine } from './oracle/counted-engine.js';
import { randomAdapter, TINY_CONFIG, TINY_GPT2 } from './oracle/tiny-model.js';

/** Products add in different orders: the last bits differ, the tokens drawn here do not. */
const TOLERANCE = 1e-5;
const ROWS = 9;
const VARIANTS: [string, DecoderConfig][] = [
  ['plain projections', TINY_CONFIG],
  ['biases of queries, keys and values', { ...TINY_CONFIG, attention_bias: true }],
  ['biases everywhere', { ...TINY_CONFIG, attention_bias: true, mlp_bias: true }],
  ['tied embeddings', { ...TINY_CONFIG, tie_word_embeddings: true }],
  ['weights stored inputs first, without a gate', TINY_GPT2],
];
/** So many columns that two pieces are cheaper than a copy. */
const LONG = { longest: 140, layout: 'split' } as const;
const PLAIN: GenerateOptions = { maxNewTokens: 20, seed: 3, stopIds: [] };

const open: CountedEngine[] = [];
afterAll(() => Promise.all(open.map(({ graphs }) => graphs.close())));

function engineOf(config: DecoderConfig): CountedEngine {
  const made = countedEngine(config);
  open.push(made);
  return made;
}

function expectTheSameAlternatives(actual: GeneratedRow['alternatives'], expected: GeneratedRow['alternatives']): void {
  const flat = (alternatives: GeneratedRow['alternatives'] = []): number[] =>
    alternatives.flatMap(({ logProb, top }) => [logProb, ...top.map((each) => each.logProb)]);
  const tokens = (alternatives: GeneratedRow['alternatives'] = []): number[] =>
    alternatives.flatMap(({ top }) => top.map(({ token }) => token));
  expect(tokens(actual)).toEqual(tokens(expected));
  flat(expected).forEach((value, at) => {
    expect(Math.abs(value - (flat(actual)[at] as number))).toBeLessThan(TOLERANCE);
  });
}

interface Case {
  readonly adapter?: string;
  /** Tokens of the longest prompt. */
  readonly longest?: number;
  /** What the graphs are called between their forms and their numbers of rows. */
  readonly layout?: 'joined' | 'split';
}

async function expectTheSame(
  config: DecoderConfig,
  options: GenerateOptions,
  { adapter, longest = 4, layout = 'joined' }: Case = {},
): Promise<void> {
  const requests = Array.from({ length: ROWS }, (_, row) => ({
    tokens: Array.from({ length: longest - (row % 3) }, (_unused, index) => (row * 5 + index) % config.vocab_size),
    key: `row-${row}`,
    ...(adapter !== undefined && { options: { adapter } }),
  }));
  const [together, apart] = [engineOf(config), engineOf(config)];
  if (adapter !== undefined) {
    for (const { graphs } of [together, apart])
      await graphs.addAdapter(adapter, randomAdapter(config, ['_proj'], 2, 7));
  }
  const rows = await generateRows(config, together.engine, requests, options);
  for (const [index, request] of requests.entries()) {
    const [alone] = await generateRows(config, apart.engine, [request], options);
    expect([...(rows[index]?.tokens ?? [])]).toEqual([...(alone?.tokens ?? [])]);
    rows[index]?.logProbs.forEach((value, at) => {
      expect(Math.abs(value - (alone?.logProbs[at] as number))).toBeLessThan(TOLERANCE);
    });
    expectTheSameAlternatives(rows[index]?.alternatives, alone?.alternatives);
  }
  if (options.topLogProbs) expect(rows[0]?.alternatives?.[0]?.top).toHaveLength(options.topLogProbs);
  const graphsOf = ({ runner }: CountedEngine) =>
    runner.decodingCalls.map(({ graph }) => graph.replace('+adapter', ''));
  expect(graphsOf(together).every((graph) => graph.endsWith(`-${layout}-many`))).toBe(true);
  expect(graphsOf(apart).every((graph) => graph.endsWith(`-${layout}-few`))).toBe(true);
}

describe('a row among many', () => {
  it('has a graph of its own', () => {
    expect([1, 7, 8, 64].map(rowCount)).toEqual(['few', 'few', 'many', 'many']);
  });

  it.each(VARIANTS)('gets what it gets alone, with %s', (_, config) => expectTheSame(config, PLAIN));

  it('gets it with filters too', () => expectTheSame(TINY_CONFIG, { ...PLAIN, topP: 0.8, frequencyPenalty: 0.5 }));

  it.each(VARIANTS.slice(0, 4))('gets it from an adapter too, with %s', (_, config) =>
    expectTheSame(config, PLAIN, { adapter: 'tuned' }),
  );

  it.each([
    ['alone', {}],
    ['with filters', { topP: 0.8, frequencyPenalty: 0.5 }],
    ['with alternatives', { topLogProbs: 3 }],
  ])('gets it where the caches of a long context are in two pieces, %s', (_, further) =>
    expectTheSame({ ...TINY_CONFIG, max_position_embeddings: 192 }, { ...PLAIN, ...further }, LONG),
  );

  it.each(VARIANTS)('gets the same alternatives, with %s', (_, config) =>
    expectTheSame(config, { ...PLAIN, topLogProbs: 3 }),
  );

  it('gets it from an adapter in two pieces too', () =>
    expectTheSame({ ...TINY_CONFIG, max_position_embeddings: 192 }, PLAIN, { ...LONG, adapter: 'tuned' }));

  it('goes on in the graph of few when the others are done', async () => {
    const { engine, runner } = engineOf(TINY_CONFIG);
    const requests = Array.from({ length: ROWS }, (_, row) => ({
      tokens: [1 + row, 3],
      key: `row-${row}`,
      options: { maxNewTokens: row < 2 ? 40 : 4 },
    }));
    await generateRows(TINY_CONFIG, engine, requests, PLAIN);
    expect(runner.decodingCalls.at(-1)?.rows).toBe(2);
    const decoding = runner.loads.filter((graph) => graph.startsWith('decode'));
    expect(decoding).toEqual(['decode-joined-many', 'decode-joined-few']);
  });
});
