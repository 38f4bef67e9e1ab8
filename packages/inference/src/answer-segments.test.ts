/** Answers drawn in segments, and forked between them, are what a naive computation draws segment by segment, row by row. */
import { afterAll, describe, expect, it } from 'vitest';
import type { AnswerSegment } from './answer-segments.js';
import { CacheBudget } from './cache-budget.js';
import { columnBytes } from './cache-arrays.js';
import { DecodeEngine } from './decode-engine.js';
import { generateRows } from './generate-rows.js';
import type { GeneratedRow, GenerateRequest, WatchedFinishReason, WatchedOptions } from './generation-types.js';
import { type CountedEngine, countedEngine } from './oracle/counted-engine.js';
import { naiveRow } from './oracle/naive-choice.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 160 };
const tensors = randomTensors(CONFIG, 1);
const TOLERANCE = 5e-5;
const MARKER = 7;
const isMarker = (tokens: readonly number[]): boolean => tokens.at(-1) === MARKER;
/** Thinking, warm and at most 9 tokens; a narrow middle; the answer proper, cool, up to the marker. */
const SEGMENTS: AnswerSegment[] = [
  { temperature: 1.6, maxTokens: 9, isEnd: isMarker },
  { topP: 0.6, maxTokens: 5 },
  { temperature: 0.5, isEnd: isMarker },
];
const BASE: WatchedOptions = { maxNewTokens: 30, seed: 21, stopIds: [4], untruncatedLogProbs: true };

const open: CountedEngine[] = [];
afterAll(() => Promise.all(open.map(({ graphs }) => graphs.close())));

function engineOf(): CountedEngine {
  const made = countedEngine(CONFIG);
  open.push(made);
  return made;
}

const requestsOf = (count: number, length = 4): GenerateRequest[] =>
  Array.from({ length: count }, (_, row) => ({
    tokens: Array.from({ length: length - (row % 3) }, (_unused, index) => (row * 5 + index * index) % 11),
    key: `row-${row}`,
  }));

interface NaiveAnswer {
  readonly tokens: number[];
  readonly logProbs: number[];
  readonly segments: number[];
  readonly forced: number[];
  readonly isOver: boolean;
}

/** What one segment after the other draws, from `number` on, up to where the row is over or a segment is to be forked. */
function naiveAnswer(prompt: number[], key: string, options: WatchedOptions, number = 0): NaiveAnswer {
  const found: NaiveAnswer = { tokens: [], logProbs: [], segments: [], forced: [], isOver: true };
  const all = options.segments ?? [{}];
  for (const [at, segment] of all.entries()) {
    if (at < number) continue;
    const left = options.maxNewTokens - found.tokens.length;
    const maxNewTokens = Math.min(left, segment.maxTokens ?? left);
    const own = { ...options, ...segment, maxNewTokens };
    const drawn = naiveRow(CONFIG, tensors, [...prompt, ...found.tokens], key, own, found.tokens.length);
    const end = drawn.tokens.findIndex((_, t) => segment.isEnd?.(drawn.tokens.slice(0, t + 1)));
    const count = end < 0 ? drawn.tokens.length : end + 1;
    found.tokens.push(...drawn.tokens.slice(0, count));
    found.logProbs.push(...drawn.logProbs.slice(0, count));
    const isStopped = end < 0 && drawn.finishReason === 'stop';
    const isCut = end < 0 && !isStopped && count === segment.maxTokens;
    const owed = (isCut && segment.forced) || [];
    const room = options.maxNewTokens - found.tokens.length;
    const last = owed.findIndex((token) => options.stopIds?.includes(token));
    const forced = owed.slice(0, Math.min(room, last < 0 ? room : last + 1));
    found.tokens.push(...forced);
    found.logProbs.push(...forced.map(() => 0));
    found.segments.push(...new Array<number>(count + forced.length).fill(at));
    found.forced.push(...new Array<number>(count).fill(0), ...forced.map(() => 1));
    if (isStopped || last >= 0 || found.tokens.length === options.maxNewTokens) return found;
    if ((segment.forks ?? 1) > 1) return { ...found, isOver: false };
  }
  return found;
}

/** The rows of a request. */
function naiveRows({ tokens, key }: GenerateRequest, options: WatchedOptions): (NaiveAnswer & { shared: number })[] {
  const prompt = Array.from(tokens);
  const at = options.segments?.findIndex(({ forks = 1 }) => forks > 1) ?? -1;
  const trunk = naiveAnswer(prompt, key, options);
  const shared = trunk.tokens.length;
  const count = at < 0 ? 1 : (options.segments?.[at]?.forks ?? 1);
  return Array.from({ length: count }, (_, fork) => {
    if (trunk.isOver) return { ...trunk, shared };
    const left = { ...options, maxNewTokens: options.maxNewTokens - shared };
    const rest = naiveAnswer([...prompt, ...trunk.tokens], `${key} fork ${fork}`, left, at + 1);
    return {
      tokens: [...trunk.tokens, ...rest.tokens],
      logProbs: [...trunk.logProbs, ...rest.logProbs],
      segments: [...trunk.segments, ...rest.segments],
      forced: [...trunk.forced, ...rest.forced],
      isOver: true,
      shared,
    };
  });
}

function expectNaive(
  rows: readonly GeneratedRow<WatchedFinishReason>[],
  requests: readonly GenerateRequest[],
  options: WatchedOptions,
): ReturnType<typeof naiveRows> {
  const expected = requests.flatMap((request) => naiveRows(request, options));
  expect(rows.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => tokens));
  expect(rows.map(({ segmentNumbers = [] }) => [...segmentNumbers])).toEqual(expected.map(({ segments }) => segments));
  if (options.segments?.some(({ forced }) => forced))
    expect(rows.map(({ forced = [] }) => [...forced])).toEqual(expected.map(({ forced }) => forced));
  else expect(rows.some(({ forced }) => forced)).toBe(false);
  rows.forEach(({ logProbs }, row) => {
    logProbs.forEach((value, at) => {
      expect(Math.abs(value - (expected[row]?.logProbs[at] ?? Number.NaN))).toBeLessThan(TOLERANCE);
    });
  });
  return expected;
}

const tokensOf = (rows: readonly GeneratedRow<WatchedFinishReason>[]): number[][] =>
  rows.map(({ tokens }) => [...tokens]);

describe('an answer in segments', () => {
  const options = { ...BASE, segments: SEGMENTS };

  it('draws each at its own temperature and nucleus, up to its marker or limit, as a naive computation has it', async () => {
    const requests = requestsOf(12);
    const rows = await generateRows(CONFIG, engineOf().engine, requests, options);
    expectNaive(rows, requests, options);
    const last = rows.map(({ segmentNumbers }) => segmentNumbers?.at(-1));
    // Rows are over in every segment, and at every way to be.
    expect(new Set(last)).toEqual(new Set([0, 1, 2]));
    expect(new Set(rows.map(({ finishReason }) => finishReason))).toEqual(new Set(['stop', 'length']));
    expect(rows.some(({ tokens, finishReason }) => tokens.at(-1) === MARKER && finishReason === 'stop')).toBe(true);
  });

  it('is the same alone as beside others that turn elsewhere', async () => {
    const requests = requestsOf(9);
    const together = await generateRows(CONFIG, engineOf().engine, requests, options);
    const { engine } = engineOf();
    for (const [row, request] of requests.entries()) {
      const alone = await generateRows(CONFIG, engine, [request], options);
      expect(tokensOf(alone)).toEqual([[...(together[row]?.tokens ?? [])]]);
    }
  });

  it('is what a row without segments is where they are drawn alike', async () => {
    const requests = requestsOf(9, 40);
    const alike = [{ maxTokens: 6 }, { isEnd: isMarker, maxTokens: 3, temperature: 0.9 }, { topP: 1 }];
    const plain = { ...BASE, temperature: 0.9 };
    const whole = await generateRows(CONFIG, engineOf().engine, requests, plain);
    const cut = await generateRows(CONFIG, engineOf().engine, requests, { ...plain, segments: alike });
    expect(tokensOf(cut)).toEqual(tokensOf(whole));
    expect(cut.map(({ finishReason }) => finishReason)).toEqual(whole.map(({ finishReason }) => finishReason));
    cut.forEach(({ logProbs }, row) => {
      logProbs.forEach((value, at) => {
        expect(Math.abs(value - (whole[row]?.logProbs[at] ?? Number.NaN))).toBeLessThan(1e-5);
      });
    });
    expect(whole[0]?.segmentNumbers).toBeUndefined();
  });

  it('reports log-probabilities of the cut distribution unless told not to', async () => {
    const segments = [{ topP: 0.5 }];
    const cut = { ...BASE, segments, untruncatedLogProbs: false };
    const requests = requestsOf(3);
    expectNaive(await generateRows(CONFIG, engineOf().engine, requests, cut), requests, cut);
  });
});

describe('a forked row', () => {
  const [thinking, ...rest] = SEGMENTS;
  const options = { ...BASE, segments: [{ ...thinking, forks: 3 }, ...rest] };

  it('goes on in several ways from one beginning, which is told, each as a naive computation has it', async () => {
    const requests = requestsOf(12);
    const rows = await generateRows(CONFIG, engineOf().engine, requests, options);
    expect(rows).toHaveLength(36);
    const expected = expectNaive(rows, requests, options);
    expect(rows.map(({ sharedTokens }) => sharedTokens)).toEqual(expected.map(({ shared }) => shared));
    const groups = requests.map((_, at) => rows.slice(3 * at, 3 * at + 3));
    const isForked = ([first]: typeof rows) => (first?.sharedTokens ?? 0) < (first?.tokens.length ?? 0);
    expect(groups.filter(isForked).length).toBeGreaterThan(3);
    // Those that were over before are given as they are.
    const ended = groups.filter((group) => !isForked(group));
    expect(ended.length).toBeGreaterThan(0);
    for (const group of ended) expect(new Set(group).size).toBe(1);
    expect(new Set(groups.filter(isForked).flatMap((group) => tokensOf(group).map(String))).size).toBeGreaterThan(
      2 * groups.filter(isForked).length,
    );
  });

  it('computes no column of the beginning again, whose columns its forks then read from one place', async () => {
    const { engine, runner } = engineOf();
    const segments = [{ maxTokens: 4, forks: 4 }, {}];
    const requests = requestsOf(4, 36);
    const forked = { ...BASE, stopIds: [], segments, maxNewTokens: 11 };
    expectNaive(await generateRows(CONFIG, engine, requests, forked), requests, forked);
    expect(runner.calls.filter(({ tokens }) => tokens === 0)).toHaveLength(1);
    expect(runner.decodingCalls.map(({ graph }) => graph)).toContain('decode-shared-many');
    const last = runner.decodingCalls.at(-1);
    // Four beginnings of up to 39 columns, not sixteen, and sixteen ends.
    expect(last?.rows).toBe(16);
    expect(last?.columns).toBeLessThanOrEqual(4 * 39 + 16 * 7);
  });

  it('is the same where there are more forks than places, and where there is little memory', async () => {
    const requests = requestsOf(9);
    const plain = await generateRows(CONFIG, engineOf().engine, requests, options);
    for (const [places, columns] of [
      [5, 1e9],
      [64, 70],
    ] as const) {
      const { graphs } = engineOf();
      const engine = new DecodeEngine(graphs, places, 0, new CacheBudget(columns * columnBytes(CONFIG)));
      const rows = await generateRows(CONFIG, engine, requests, options);
      expect(tokensOf(rows)).toEqual(tokensOf(plain));
    }
  });

  it('is watched for repetition from its beginning on', async () => {
    const greedy = { ...BASE, temperature: 0, stopIds: [], maxNewTokens: 60 };
    const repetition = { maxPattern: 8, count: 3 };
    const requests = requestsOf(1);
    const [watched] = await generateRows(CONFIG, engineOf().engine, requests, { ...greedy, repetition });
    expect(watched?.finishReason).toBe('repetition');
    const end = watched?.tokens.length ?? 0;
    const segments = [{ maxTokens: end - 1, forks: 2 }, {}];
    const rows = await generateRows(CONFIG, engineOf().engine, requests, { ...greedy, repetition, segments });
    expect(rows.map(({ tokens, finishReason }) => [tokens.length, finishReason])).toEqual([
      [end, 'repetition'],
      [end, 'repetition'],
    ]);
  });

  it('is given up with its forks', async () => {
    const { engine, graphs } = engineOf();
    const controller = new AbortController();
    const asked = { turns: 0 };
    const second = {
      isEnd: () => {
        asked.turns += 1;
        if (asked.turns === 5) controller.abort(new Error('enough'));
        return false;
      },
    };
    const segments = [{ maxTokens: 2, forks: 3 }, second];
    const long = { ...BASE, stopIds: [], maxNewTokens: 140, segments, signal: controller.signal };
    await expect(generateRows(CONFIG, engine, requestsOf(2), long)).rejects.toThrow('enough');
    await engine.update(randomTensors(CONFIG, 2), 1);
    expect(graphs.version).toBe(1);
  });
});

describe('forced tokens', () => {
  const FORCED = [9, 2, MARKER];
  const [thinking, middle, ...rest] = SEGMENTS;
  const segments = [{ ...thinking, maxTokens: 5, forced: FORCED }, { ...middle, forced: [3] }, ...rest];
  const options = { ...BASE, segments };
  const isForcedIn = (row: GeneratedRow<WatchedFinishReason>, segment: number): boolean =>
    row.forced?.some((mark, t) => mark === 1 && row.segmentNumbers?.[t] === segment) === true;

  it('follow a segment that comes to its limit, are told apart, and are read by what is drawn behind them', async () => {
    const requests = requestsOf(12);
    const rows = await generateRows(CONFIG, engineOf().engine, requests, options);
    expectNaive(rows, requests, options);
    const isForced = (row: (typeof rows)[number]) => isForcedIn(row, 0);
    expect(rows.filter(isForced).length).toBeGreaterThan(2);
    expect(rows.filter((row) => !isForced(row)).length).toBeGreaterThan(2);
    expect(rows.filter((row) => isForcedIn(row, 1)).length).toBeGreaterThan(1);
    expect(rows.filter(isForced).some(({ tokens }) => tokens.length > 12)).toBe(true);
  });

  it('change nothing for the rows beside, whose prompts may lie in one place', async () => {
    const requests = [
      ...requestsOf(4, 36),
      ...requestsOf(4, 36).map((each) => ({ ...each, key: `${each.key} again` })),
    ];
    const { engine, runner } = engineOf();
    const together = await generateRows(CONFIG, engine, requests, options);
    expect(runner.decodingCalls.map(({ graph }) => graph)).toContain('decode-shared-many');
    expectNaive(together, requests, options);
    const alone = engineOf();
    for (const [row, request] of requests.entries()) {
      const own = await generateRows(CONFIG, alone.engine, [request], options);
      expect(tokensOf(own)).toEqual([[...(together[row]?.tokens ?? [])]]);
    }
  });

  it('are the only columns computed when the row goes on', async () => {
    const { engine, runner } = engineOf();
    const requests = requestsOf(3, 36);
    const cut = { ...BASE, stopIds: [], maxNewTokens: 12, segments: [{ maxTokens: 4, forced: FORCED }, {}] };
    expectNaive(await generateRows(CONFIG, engine, requests, cut), requests, cut);
    const prefills = runner.calls.filter(({ graph }) => graph.includes('prefill'));
    // Prompts of up to 36 tokens, whose last one decoding reads, and four drawn tokens each have their columns already.
    expect(prefills.map(({ rows, columns }) => [rows, columns])).toEqual([
      [3, 0],
      [3, 3 * 39],
    ]);
  });

  it('are shared by forks that go on behind them', async () => {
    const forked = { ...options, segments: [{ ...thinking, maxTokens: 5, forced: FORCED, forks: 3 }, ...rest] };
    const requests = requestsOf(9, 36);
    const rows = await generateRows(CONFIG, engineOf().engine, requests, forked);
    const expected = expectNaive(rows, requests, forked);
    expect(rows.map(({ sharedTokens }) => sharedTokens)).toEqual(expected.map(({ shared }) => shared));
    expect(rows.some(({ forced, sharedTokens }) => forced?.[(sharedTokens ?? 0) - 1] === 1)).toBe(true);
  });

  it('are as many as there is room for, and end the row where they are as long or the segment is the last', async () => {
    const requests = requestsOf(3);
    for (const [maxNewTokens, cut, length] of [
      [4, [{ maxTokens: 4, forced: FORCED }, {}], 4],
      [6, [{ maxTokens: 4, forced: FORCED }, {}], 6],
      [7, [{ maxTokens: 4, forced: FORCED }, {}], 7],
      [20, [{ maxTokens: 2 }, { maxTokens: 4, forced: FORCED }], 9],
    ] as const) {
      const short = { ...BASE, stopIds: [], maxNewTokens, segments: [...cut] };
      const rows = await generateRows(CONFIG, engineOf().engine, requests, short);
      expectNaive(rows, requests, short);
      expect(rows.map(({ tokens, finishReason }) => [tokens.length, finishReason])).toEqual(
        requests.map(() => [length, 'length']),
      );
    }
  });

  it('stop the row where they hold a token that does', async () => {
    const requests = requestsOf(6);
    const stopped = { ...BASE, segments: [{ maxTokens: 3, forced: [9, 4, 2] }, {}] };
    const rows = await generateRows(CONFIG, engineOf().engine, requests, stopped);
    expectNaive(rows, requests, stopped);
    expect(new Set(rows.map(({ finishReason }) => finishReason))).toEqual(new Set(['stop']));
  });

  it('are the same where there is little memory, or few places', async () => {
    const requests = requestsOf(9);
    const plain = await generateRows(CONFIG, engineOf().engine, requests, options);
    for (const [places, columns] of [
      [3, 1e9],
      [64, 70],
    ] as const) {
      const { graphs } = engineOf();
      const engine = new DecodeEngine(graphs, places, 0, new CacheBudget(columns * columnBytes(CONFIG)));
      expect(tokensOf(await generateRows(CONFIG, engine, requests, options))).toEqual(tokensOf(plain));
    }
  });

  it('are seen by the watch for repetition and end no row themselves', async () => {
    const repeated = [5, 5, 5, 5];
    const watched = { ...BASE, stopIds: [], maxNewTokens: 8, repetition: { maxPattern: 1, count: 4 } };
    const cut = { ...watched, segments: [{ maxTokens: 2, forced: repeated }, {}] };
    const requests = requestsOf(6);
    const rows = await generateRows(CONFIG, engineOf().engine, requests, cut);
    for (const { tokens, finishReason } of rows) {
      expect([...tokens.subarray(2, 6)]).toEqual(repeated);
      expect(tokens.length).toBeGreaterThan(6);
      expect(finishReason === 'repetition').toBe(tokens[6] === 5);
    }
  });
});

it.each<[Partial<WatchedOptions>, string]>([
  [{ segments: [] }, 'segments must be 1 to 64 of them, got 0'],
  [{ segments: [{ temperature: -1 }] }, 'segments[0].temperature must be between 0 and 100, got -1'],
  [{ segments: [{}, { topP: 0 }] }, 'segments[1].topP must be above 0 and at most 1, got 0'],
  [{ segments: [{ maxTokens: 0 }] }, 'segments[0].maxTokens must be a positive integer, got 0'],
  [{ segments: [{ forced: [1] }, {}] }, 'segments[0].forced needs maxTokens'],
  [{ segments: [{ maxTokens: 2, forced: [1, 99] }] }, 'segments[0].forced must be a token id from 0 to'],
  [{ segments: [{ maxTokens: 2, forced: [1] }], topLogProbs: 1 }, 'forced tokens have no alternatives'],
  [{ segments: [{ forks: 2 }] }, 'segments[0].forks must be 1, as nothing follows the last segment, got 2'],
  [{ segments: [{ forks: 2 }, { forks: 2 }, {}] }, 'segments with forks must be one at most, got 2'],
  [{ segments: [{ forks: 2 }, {}], presencePenalty: 1 }, 'forks go with no presencePenalty'],
])('segments are checked: %j', async (options, message) => {
  await expect(generateRows(CONFIG, engineOf().engine, requestsOf(1), { ...BASE, ...options })).rejects.toThrow(
    message,
  );
});
