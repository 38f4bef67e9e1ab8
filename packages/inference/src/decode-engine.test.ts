import { describe, expect, it, vi } from 'vitest';
import { columnBytes } from './cache-arrays.js';
import { CacheBudget } from './cache-budget.js';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { DecoderSession } from './decoder-session.js';
import { generateRows } from './generate-rows.js';
import { choice, literal, repeat } from './grammar/byte-grammar.js';
import { SortedTokens, TokenConstraint } from './grammar/token-constraint.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { streamRow } from './stream-row.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 512 };
const OPTIONS: GenerateOptions = { maxNewTokens: 20, seed: 3, stopIds: [] };

function engineOf(maxRows: number, cacheBudget?: CacheBudget) {
  const runner = new CountingRunner();
  const graphs = new DecoderGraphs(CONFIG, randomTensors(CONFIG, 1), 0, [runner]);
  return { runner, graphs, engine: new DecodeEngine(graphs, maxRows, 0, cacheBudget) };
}

const budgetOf = (columns: number): CacheBudget => new CacheBudget(columns * columnBytes(CONFIG));

const request = (row: number, options: GenerateRequest['options'] = {}): GenerateRequest => ({
  tokens: Array.from({ length: 1 + (row % 5) }, (_, index) => (row * 3 + index) % CONFIG.vocab_size),
  key: `row-${row}`,
  options,
});

async function alone(requests: readonly GenerateRequest[]): Promise<GeneratedRow[]> {
  const session = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
  const rows: GeneratedRow[] = [];
  for (const each of requests) rows.push(...(await session.generate([each], OPTIONS)));
  await session.close();
  return rows;
}

type Drawn = Pick<GeneratedRow, 'tokens' | 'logProbs'>;

function expectSameRows(actual: readonly Drawn[], expected: readonly Drawn[]): void {
  expect(actual.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => [...tokens]));
  actual.forEach(({ logProbs }, row) => {
    logProbs.forEach((value, index) => {
      expect(Math.abs(value - (expected[row]?.logProbs[index] as number))).toBeLessThan(1e-5);
    });
  });
}

describe('the graph that rows are decoded with', () => {
  const prompt = (length: number) => Array.from({ length }, (_, index) => index % CONFIG.vocab_size);
  const manyOf = (tokens: number[]) => Array.from({ length: 12 }, (_, row) => ({ tokens, key: `row-${row}` }));
  it.each<[string, GenerateRequest[], GenerateOptions]>([
    ['decode-joined-few', [{ tokens: prompt(5), key: 'a' }], OPTIONS],
    ['decode-split-few', [{ tokens: prompt(300), key: 'a' }], OPTIONS],
    ['decode-shared-many', manyOf(prompt(40)), OPTIONS],
    ['decode-filtered-joined-few', [{ tokens: prompt(5), key: 'a' }], { ...OPTIONS, topK: 3 }],
    ['decode-top-joined-few', [{ tokens: prompt(5), key: 'a' }], { ...OPTIONS, topLogProbs: 2 }],
  ])('is %s, begun before their prompts are computed, and no other is made', async (graph, requests, options) => {
    const { runner, graphs, engine } = engineOf(16);
    const computed = vi.spyOn(runner, 'run');
    const made = vi.spyOn(runner, 'load');
    await generateRows(CONFIG, engine, requests, options);
    expect(runner.loads.toSorted()).toEqual([graph, 'prefill']);
    expect(new Set(runner.decodingCalls.map((call) => call.graph))).toEqual(new Set([graph]));
    expect(Math.max(...made.mock.invocationCallOrder)).toBeLessThan(Math.min(...computed.mock.invocationCallOrder));
    await graphs.close();
  });
});

describe('continuous admission', () => {
  it('gives places that come free to rows that wait, and every row what it gets alone', async () => {
    const { runner, engine } = engineOf(4);
    const requests = Array.from({ length: 14 }, (_, row) => request(row, { maxNewTokens: 9 + ((row * 7) % 40) }));
    const rows = await generateRows(CONFIG, engine, requests, OPTIONS);
    expectSameRows(rows, await alone(requests));
    const sizes = runner.decodingCalls.map((call) => call.rows);
    expect(Math.max(...sizes)).toBe(4);
    // Four batches of up to 48 tokens, one after the other, would take 4 x 48 steps; refilled places take fewer.
    const steps = runner.decodingCalls.reduce((sum, { tokens }) => sum + tokens, 0);
    expect(steps).toBeLessThan(150);
  });

  it('lets requests that come later join those under way', async () => {
    const { runner, engine } = engineOf(8);
    const long = request(1, { maxNewTokens: 200 });
    const chunks: GeneratedRow[] = [];
    const listening = (async () => {
      for await (const chunk of streamRow(CONFIG, engine, long, { ...OPTIONS, chunkTokens: 8 })) chunks.push(chunk);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    const short = await generateRows(CONFIG, engine, [request(2)], OPTIONS);
    await listening;
    expect(runner.decodingCalls.some(({ rows }) => rows === 2)).toBe(true);
    const [expected] = await alone([long]);
    expect(chunks.flatMap(({ tokens }) => [...tokens])).toEqual([...(expected?.tokens ?? [])]);
    expectSameRows(short, await alone([request(2)]));
  });

  it('answers a prompt that several rows share once', async () => {
    const { runner, engine } = engineOf(64);
    const requests = Array.from({ length: 12 }, (_, row) => ({ tokens: [1, 2, 3 + (row % 2)], key: `row-${row}` }));
    await generateRows(CONFIG, engine, requests, OPTIONS);
    expect(runner.calls.filter(({ graph }) => graph === 'prefill')).toMatchObject([{ rows: 2 }]);
  });
});

describe('a row that ends otherwise than by a token', () => {
  it('ends when who asked says so, is given every token once, and none that comes after', async () => {
    const { runner, engine } = engineOf(64);
    const given: number[] = [];
    const until = (tokens: Int32Array): boolean => {
      given.push(...tokens);
      return given.length >= 5;
    };
    const limit = { maxNewTokens: 400, stopIds: [] };
    const rows = await generateRows(CONFIG, engine, [{ ...request(1, limit), until }, request(2, limit)], OPTIONS);
    const [expected] = await alone([request(1, limit)]);
    expect(given).toEqual([...(rows[0]?.tokens ?? [])]);
    expect(given.length).toBeLessThan(400);
    expect(given).toEqual([...(expected?.tokens ?? [])].slice(0, given.length));
    expect(rows.map(({ finishReason }) => finishReason)).toEqual(['length', 'length']);
    expect(runner.decodingCalls.some((call) => call.rows === 1)).toBe(true);
  });

  it('is not given its stop token, and fails alone when it cannot be asked', async () => {
    const { engine } = engineOf(64);
    const given: number[] = [];
    const until = (tokens: Int32Array): boolean => {
      given.push(...tokens);
      return false;
    };
    const stops = { maxNewTokens: 400, stopIds: [4] };
    const failing = (): boolean => {
      throw new Error('no more');
    };
    const [row] = await generateRows(CONFIG, engine, [{ ...request(3, stops), until }], OPTIONS);
    expect(row?.finishReason).toBe('stop');
    expect([...given, 4]).toEqual([...(row?.tokens ?? [])]);
    const broken = generateRows(CONFIG, engine, [{ ...request(1, stops), until: failing }], OPTIONS);
    const beside = generateRows(CONFIG, engine, [request(2)], OPTIONS);
    await expect(broken).rejects.toThrow('no more');
    expectSameRows(await beside, await alone([request(2)]));
  });
});

describe('constrained rows', () => {
  const bytes = Array.from({ length: CONFIG.vocab_size }, (_, id) => Uint8Array.of(id));
  const letters = repeat(choice(literal('\x01'), literal('\x02\x03')), 0, 200);
  const constraint = new TokenConstraint(letters, new SortedTokens(bytes), []);
  const bound = request(4, { constraint, maxNewTokens: 30 });
  const free = [request(1, { maxNewTokens: 90 }), request(2, { maxNewTokens: 90 })];

  it('stop at every token by themselves, in turn with those beside them, and all get what they get alone', async () => {
    const { runner, engine } = engineOf(64);
    const rows = await generateRows(CONFIG, engine, [...free, bound], OPTIONS);
    const masked = runner.decodingCalls.filter(({ graph }) => graph.startsWith('decode-filtered'));
    expect(masked.map((call) => [call.rows, call.tokens])).toEqual(new Array(30).fill([1, 1]));
    const last = runner.decodingCalls.lastIndexOf(masked.at(-1) as (typeof masked)[number]);
    const beside = runner.decodingCalls.slice(0, last).filter((call) => !masked.includes(call));
    expect([...new Set(beside.map((call) => call.tokens))]).toEqual([8, 2]);
    expect(beside.length).toBe(12);
    expectSameRows(rows, await alone([...free, bound]));
    expect([...(rows[2]?.tokens ?? [])].every((token) => [1, 2, 3].includes(token))).toBe(true);
  });
});

describe('memory for the caches of a batch', () => {
  const manyOf = (count: number, maxNewTokens: number) =>
    Array.from({ length: count }, (_, row) => request(row, { maxNewTokens }));
  /** What calls of more than one row are left with at most. */
  const mostColumns = ({ decodingCalls }: CountingRunner): number =>
    Math.max(...decodingCalls.map(({ rows, columns, tokens }) => (rows > 1 ? columns + rows * tokens : 0)));

  it('is asked for by what rows have, not by what they may come to have', async () => {
    const { runner, engine } = engineOf(64, budgetOf(9 * 80));
    const requests = manyOf(9, 400).map((each) => ({ ...each, until: () => true }));
    await generateRows(CONFIG, engine, requests, OPTIONS);
    expect(runner.decodingCalls[0]?.rows).toBe(9);
  });

  it('makes rows wait that would not fit', async () => {
    // Prompts have up to five tokens, the last of which needs no column.
    const { runner, engine } = engineOf(64, budgetOf(4 * (40 + 4)));
    const rows = await generateRows(CONFIG, engine, manyOf(9, 40), OPTIONS);
    expect(Math.max(...runner.decodingCalls.map((call) => call.rows))).toBe(4);
    expectSameRows(rows, await alone(manyOf(9, 40)));
  });

  it('is not exceeded by rows that outgrow it: some are set back, and go on where they were', async () => {
    const { runner, engine } = engineOf(64, budgetOf(400));
    const rows = await generateRows(CONFIG, engine, manyOf(6, 250), OPTIONS);
    const prefilled = runner.calls.filter(({ graph }) => graph === 'prefill').map((call) => call.rows);
    expect(runner.decodingCalls[0]?.rows).toBeGreaterThan(4);
    expect(prefilled.length).toBeGreaterThan(2);
    expect(mostColumns(runner)).toBeLessThanOrEqual(400);
    expectSameRows(rows, await alone(manyOf(6, 250)));
  });

  it('sets rows back that find what they had where prompts are kept, and is not said to have found their prompts', async () => {
    const { graphs } = engineOf(64);
    const engine = new DecodeEngine(graphs, 64, 1e7, budgetOf(400));
    const rows = await generateRows(CONFIG, engine, manyOf(6, 250), { ...OPTIONS, promptScope: 'project' });
    expect(rows.map(({ cachedTokens }) => cachedTokens)).toEqual(rows.map(() => 0));
    expectSameRows(rows, await alone(manyOf(6, 250)));
  });

  it('holds a row that is too large for all of it, alone', async () => {
    const { runner, engine } = engineOf(64, budgetOf(100));
    const rows = await generateRows(CONFIG, engine, manyOf(2, 200), OPTIONS);
    expect(mostColumns(runner)).toBeLessThanOrEqual(100);
    // Calls of one token each would copy its whole cache for every token.
    expect(runner.decodingCalls.filter(({ tokens }) => tokens === 1).length).toBeLessThan(4);
    expectSameRows(rows, await alone(manyOf(2, 200)));
  });

  it('counts once what is stored once: a prompt that rows share', async () => {
    const { runner, engine } = engineOf(64, budgetOf(200 + 8 * 64));
    const tokens = Array.from({ length: 200 }, (_, index) => index % CONFIG.vocab_size);
    const requests = Array.from({ length: 8 }, (_, row) => ({ tokens, key: `row-${row}` }));
    await generateRows(CONFIG, engine, requests, { ...OPTIONS, maxNewTokens: 100 });
    expect(runner.decodingCalls[0]?.rows).toBe(8);
    expect(mostColumns(runner)).toBeLessThanOrEqual(200 + 8 * 64);
  });

  it('keeps no row from being of one version: new weights wait for those that were set back', async () => {
    const { engine } = engineOf(64, budgetOf(400));
    const generated = generateRows(CONFIG, engine, manyOf(6, 250), OPTIONS);
    await Promise.resolve();
    await engine.update(randomTensors(CONFIG, 2), 7);
    expectSameRows(
      (await generated).filter(({ policyVersion }) => policyVersion === 0),
      (await alone(manyOf(6, 250))).slice(0, 5),
    );
  });

  it('is one for all decoders that share it', async () => {
    const budget = budgetOf(400);
    const [one, other] = [engineOf(64, budget), engineOf(64, budget)];
    const answers = [one, other].map(({ engine }) => generateRows(CONFIG, engine, manyOf(5, 60), OPTIONS));
    for (const rows of await Promise.all(answers)) expectSameRows(rows, await alone(manyOf(5, 60)));
    // The first takes it all; the other has its half, as both have when they look next.
    expect(one.runner.decodingCalls[0]?.rows).toBe(5);
    expect(Math.max(...other.runner.decodingCalls.map((call) => call.rows))).toBe(3);
  });
});

describe('compaction', () => {
  it('leaves rows that are over out of the batch when others have long to go', async () => {
    const { runner, engine } = engineOf(64);
    const requests = Array.from({ length: 60 }, (_, row) => request(row, { maxNewTokens: row < 3 ? 450 : 12 }));
    const rows = await generateRows(CONFIG, engine, requests, OPTIONS);
    const sizes = runner.decodingCalls.map((call) => call.rows);
    expect([sizes[0], sizes.at(-1)]).toEqual([60, 3]);
    expect(rows.map(({ tokens }) => tokens.length)).toEqual(requests.map((_, row) => (row < 3 ? 450 : 12)));
    expectSameRows(rows.slice(0, 5), await alone(requests.slice(0, 5)));
  });
});

describe('new weights', () => {
  it('go into the sessions there are', async () => {
    const { runner, engine } = engineOf(8);
    await generateRows(CONFIG, engine, [request(1)], OPTIONS);
    const loads = [...runner.loads];
    const versions: number[] = [];
    for (let version = 1; version <= 3; version++) {
      await engine.update(randomTensors(CONFIG, version), version);
      const [row] = await generateRows(CONFIG, engine, [request(1)], OPTIONS);
      versions.push(row?.policyVersion ?? -1);
    }
    expect(versions).toEqual([1, 2, 3]);
    expect(runner.loads).toEqual(loads);
    expect(runner.weightUpdates).toBe(4);
  });

  it('wait for the rows under way; rows given later are of the new version', async () => {
    const { engine } = engineOf(2);
    const before = generateRows(CONFIG, engine, [request(1), request(2), request(3)], OPTIONS);
    await Promise.resolve();
    const update = engine.update(randomTensors(CONFIG, 2), 7);
    const after = generateRows(CONFIG, engine, [request(1)], OPTIONS);
    await update;
    // The third found no place before the update was asked for.
    expect((await before).map(({ policyVersion }) => policyVersion).sort()).toEqual([0, 0, 7]);
    expect((await after)[0]?.policyVersion).toBe(7);
  });
});

describe('the same work', () => {
  it('gives the same rows in another order, in smaller batches and in a larger one', async () => {
    const requests = Array.from({ length: 12 }, (_, row) => request(row, { maxNewTokens: 5 + row * 3 }));
    const expected = await alone(requests);
    for (const maxRows of [3, 64]) {
      const { engine } = engineOf(maxRows);
      const rows = await generateRows(CONFIG, engine, [...requests].reverse(), OPTIONS);
      expectSameRows(rows.reverse(), expected);
    }
  });

  it('is batched the same and gives the same bits on an idle decoder, whatever was decoded before', async () => {
    const { runner, engine } = engineOf(8);
    const requests = Array.from({ length: 30 }, (_, row) => request(row, { stopIds: [4], maxNewTokens: 60 }));
    const first = await generateRows(CONFIG, engine, requests, OPTIONS);
    const calls = runner.calls.splice(0);
    await generateRows(CONFIG, engine, requests.slice(3, 9), { ...OPTIONS, seed: 99 });
    runner.calls.length = 0;
    expect(await generateRows(CONFIG, engine, requests, OPTIONS)).toEqual(first);
    expect(runner.calls).toEqual(calls);
  });
});

describe('rows that are watched for repetition', () => {
  it('leave a call of the runtime early, as rows that may stop do', async () => {
    const { runner, engine } = engineOf(4);
    const options = { ...OPTIONS, temperature: 0, maxNewTokens: 400 };
    const requests = [request(1), request(2)];
    await generateRows(CONFIG, engine, requests, options);
    const repetition = { maxPattern: 8, count: 3 };
    const rows = await generateRows(CONFIG, engine, requests, { ...options, repetition });
    expect(rows.map(({ finishReason }) => finishReason)).toEqual(['repetition', 'repetition']);
    const [whole, watched] = runner.decodingCalls.map(({ tokens }) => tokens);
    expect(whole).toBe(400);
    expect(watched).toBeLessThan(200);
  });
});
