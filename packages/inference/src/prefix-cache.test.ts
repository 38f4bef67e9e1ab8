/** Prompts that begin like earlier ones: what follows is the same as when all of it is computed, and less is. */
import type { DecoderConfig } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { type CacheArrays, emptyCaches } from './cache-arrays.js';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { generateRows } from './generate-rows.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest, WatchedFinishReason } from './generation-types.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomTensors, TINY_CONFIG, TINY_GPT2 } from './oracle/tiny-model.js';
import { MIN_CACHED_COLUMNS, PrefixCache } from './prefix-cache.js';

const LLAMA = { ...TINY_CONFIG, max_position_embeddings: 160 };
const VARIANTS: [string, DecoderConfig][] = [
  ['grouped heads', LLAMA],
  ['a window shorter than what is kept', { ...LLAMA, model_type: 'mistral', sliding_window: 25 }],
  ['learned positions', TINY_GPT2],
];
const OPTIONS: GenerateOptions = { maxNewTokens: 12, seed: 11, stopIds: [], promptScope: 'one' };

const tokens = (length: number, step: number): number[] => Array.from({ length }, (_, i) => (i * i * step + i) % 11);
const SYSTEM = tokens(40, 1);
const request = (key: string, ...parts: number[][]): GenerateRequest => ({ key, tokens: parts.flat() });

/** One call after the other. */
const CALLS: GenerateRequest[][] = [
  [request('a', SYSTEM, tokens(7, 2))],
  [request('b', SYSTEM, tokens(5, 3)), request('c', SYSTEM, tokens(9, 4)), request('c2', SYSTEM, tokens(9, 4))],
  [request('a', SYSTEM, tokens(7, 2))],
  // Warm, cold and short ones together.
  [request('d', SYSTEM, tokens(7, 2), tokens(20, 5)), request('e', tokens(30, 6)), request('f', [3])],
  [request('g', SYSTEM.slice(0, 30)), request('h', tokens(MIN_CACHED_COLUMNS - 2, 1))],
];

function engineOf(config: DecoderConfig, prefixCacheBytes: number) {
  const runner = new CountingRunner();
  const graphs = new DecoderGraphs(config, randomTensors(config, 1), 0, [runner]);
  return { runner, graphs, engine: new DecodeEngine(graphs, 64, prefixCacheBytes) };
}

async function answers(
  config: DecoderConfig,
  prefixCacheBytes: number,
): Promise<GeneratedRow<WatchedFinishReason>[][]> {
  const { engine, graphs } = engineOf(config, prefixCacheBytes);
  const rows: GeneratedRow<WatchedFinishReason>[][] = [];
  for (const call of CALLS) rows.push(await generateRows(config, engine, call, OPTIONS));
  await graphs.close();
  return rows;
}

describe.each(VARIANTS)('with %s', (_, config) => {
  it('rows are those of prompts that are computed whole', async () => {
    const [cached, whole] = [await answers(config, 1e6), await answers(config, 0)];
    cached.flat().forEach((row, index) => {
      const expected = whole.flat()[index];
      expect([...row.tokens]).toEqual([...(expected?.tokens ?? [])]);
      row.logProbs.forEach((value, at) => {
        expect(Math.abs(value - (expected?.logProbs[at] as number))).toBeLessThan(1e-5);
      });
    });
    expect(whole.flat().map(({ cachedTokens }) => cachedTokens)).toEqual(new Array(10).fill(0));
  });
});

it('tells how many tokens of a prompt were there, and computes the others alone', async () => {
  const { engine, runner, graphs } = engineOf(LLAMA, 1e6);
  const cached: (number | undefined)[][] = [];
  const prefills: number[] = [];
  for (const call of CALLS) {
    const before = runner.calls.filter(({ graph }) => graph === 'prefill').length;
    const rows = await generateRows(LLAMA, engine, call, OPTIONS);
    cached.push(rows.map(({ cachedTokens }) => cachedTokens));
    prefills.push(runner.calls.filter(({ graph }) => graph === 'prefill').length - before);
  }
  // The last token of a prompt is the first that decoding reads.
  expect(cached).toEqual([[0], [41, 41, 41], [46], [46, 0, 0], [29, 0]]);
  expect(prefills).toEqual([1, 1, 0, 1, 1]);
  await graphs.close();
});

it('tells nothing of the rows that are decoded beside a prompt, such as how long those of others are', async () => {
  const alone = engineOf(LLAMA, 1e6);
  const beside = engineOf(LLAMA, 1e6);
  const mine = request('mine', SYSTEM);
  const stranger = { ...request('theirs', tokens(33, 7)), options: { promptScope: 'two' } };
  for (const { engine } of [alone, beside]) await generateRows(LLAMA, engine, [mine], OPTIONS);
  const [expected] = await generateRows(LLAMA, alone.engine, [mine], OPTIONS);
  const [row, other] = await generateRows(LLAMA, beside.engine, [mine, stranger], OPTIONS);
  expect([row?.cachedTokens, other?.cachedTokens]).toEqual([SYSTEM.length - 1, 0]);
  expect(row?.cachedTokens).toBe(expected?.cachedTokens);
  expect([...(row?.tokens ?? [])]).toEqual([...(expected?.tokens ?? [])]);
  await Promise.all([alone.graphs.close(), beside.graphs.close()]);
});

it('forgets everything with new weights', async () => {
  const { engine, graphs } = engineOf(LLAMA, 1e6);
  const [call] = CALLS as [GenerateRequest[]];
  await generateRows(LLAMA, engine, call, OPTIONS);
  const tensors = randomTensors(LLAMA, 2);
  await engine.update(tensors, 1);
  const [row] = await generateRows(LLAMA, engine, call, OPTIONS);
  const fresh = new DecoderGraphs(LLAMA, tensors, 1, [new CountingRunner()]);
  const [expected] = await generateRows(LLAMA, new DecodeEngine(fresh), call, OPTIONS);
  expect([row?.cachedTokens, ...(row?.tokens ?? [])]).toEqual([0, ...(expected?.tokens ?? [])]);
  await Promise.all([graphs.close(), fresh.close()]);
});

describe('what is kept', () => {
  const caches = (columns: number): CacheArrays => {
    const size = LLAMA.num_key_value_heads * columns * LLAMA.head_dim;
    const parts = emptyCaches(LLAMA, 1).parts.map(() => new Float32Array(size).fill(columns));
    return { rows: 1, columns, parts };
  };
  const piece = (columns: number) => ({ from: caches(columns), row: 0, columns, skipped: 0 });
  const prompt = (length: number, step: number) => Int32Array.from(tokens(length, step));
  const bytesOf = (columns: number) => caches(columns).parts.reduce((sum, { byteLength }) => sum + byteLength, 0);

  const of = (adapter: string | null, promptScope: string | null = 'project') => ({ adapter, promptScope });

  it('fits the budget: the least recently used leave', () => {
    const cache = new PrefixCache(LLAMA, bytesOf(60));
    cache.keep(of(null), prompt(30, 1), piece(30));
    cache.keep(of(null), prompt(30, 2), piece(30));
    expect(cache.longest(of(null), prompt(30, 1))?.columns).toBe(30);
    cache.keep(of(null), prompt(20, 3), piece(20));
    expect(cache.longest(of(null), prompt(30, 2))).toBeNull();
    expect(cache.longest(of(null), prompt(40, 1))).toMatchObject({ columns: 30, skipped: 0 });
  });

  it('is no prompt that exceeds the budget by itself: those that are there stay', () => {
    const cache = new PrefixCache(LLAMA, bytesOf(60));
    cache.keep(of(null), prompt(30, 1), piece(30));
    cache.keep(of(null), prompt(61, 1), piece(61));
    cache.keep(of(null), prompt(61, 2), piece(61));
    expect(cache.longest(of(null), prompt(61, 2))).toBeNull();
    expect(cache.longest(of(null), prompt(61, 1))?.columns).toBe(30);
    cache.keep(of(null), prompt(60, 2), piece(60));
    expect(cache.longest(of(null), prompt(60, 2))?.columns).toBe(60);
  });

  it('is kept once: a longer prompt stands in for what it begins with', () => {
    const cache = new PrefixCache(LLAMA, bytesOf(50));
    cache.keep(of(null), prompt(20, 1), piece(20));
    cache.keep(of(null), prompt(30, 1), piece(30));
    cache.keep(of(null), prompt(20, 1), piece(20));
    cache.keep(of(null), prompt(20, 2), piece(20));
    expect(cache.longest(of(null), prompt(25, 1))).toMatchObject({ columns: 25, skipped: 5 });
    expect(cache.longest(of(null), prompt(20, 2))?.columns).toBe(20);
  });

  it('is of one scope, and kept for nobody where there is none', () => {
    const cache = new PrefixCache(LLAMA, bytesOf(100));
    cache.keep(of(null, 'mine'), prompt(30, 1), piece(30));
    cache.keep(of(null, null), prompt(30, 2), piece(30));
    expect(cache.longest(of(null, 'mine'), prompt(30, 1))?.columns).toBe(30);
    const others = [of(null, 'yours'), of(null, null)].map((owner) => cache.longest(owner, prompt(30, 1)));
    expect([...others, cache.longest(of(null, null), prompt(30, 2))]).toEqual([null, null, null]);
  });

  it('is of one adapter', () => {
    const cache = new PrefixCache(LLAMA, bytesOf(100));
    cache.keep(of('one'), prompt(30, 1), piece(30));
    expect([cache.longest(of(null), prompt(30, 1)), cache.longest(of('two'), prompt(30, 1))]).toEqual([null, null]);
    cache.clear('two');
    expect(cache.longest(of('one'), prompt(30, 1))?.columns).toBe(30);
    cache.clear('one');
    expect(cache.longest(of('one'), prompt(30, 1))).toBeNull();
  });
});
