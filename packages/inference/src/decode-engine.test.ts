import { describe, expect, it } from 'vitest';
import { columnBytes } from './cache-arrays.js';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { DecoderSession } from './decoder-session.js';
import { generateRows } from './generate-rows.js';
import type { GeneratedRow, GenerateOptions, GenerateRequest } from './generation-types.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { streamRow } from './stream-row.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 512 };
const OPTIONS: GenerateOptions = { maxNewTokens: 20, seed: 3, stopIds: [] };

function engineOf(maxRows: number, batchCacheBytes?: number) {
  const runner = new CountingRunner();
  const graphs = new DecoderGraphs(CONFIG, randomTensors(CONFIG, 1), 0, [runner]);
  return { runner, graphs, engine: new DecodeEngine(graphs, maxRows, 0, batchCacheBytes) };
}

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
    expect(runner.calls.filter(({ graph }) => graph === 'prefill')).toEqual([{ graph: 'prefill', rows: 2, tokens: 0 }]);
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

describe('memory for the caches of a batch', () => {
  it('bounds how many rows are under way, were they as long as they may become; a larger one comes alone', async () => {
    const requests = Array.from({ length: 9 }, (_, row) => request(row, { maxNewTokens: row === 4 ? 300 : 40 }));
    // Prompts have up to five tokens, the last of which needs no column.
    const bytes = columnBytes(CONFIG) * 4 * (40 + 4);
    const { runner, engine } = engineOf(64, bytes);
    const rows = await generateRows(CONFIG, engine, requests, OPTIONS);
    const sizes = runner.decodingCalls.map((call) => call.rows);
    expect(Math.max(...sizes)).toBe(4);
    expect(sizes).toContain(1);
    expectSameRows(rows, await alone(requests));
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
