/** Scoring in calls of a bounded size, in memory that it shares, beside what else is asked of a decoder. */
import { expect, it, vi } from 'vitest';
import { CacheBudget } from './cache-budget.js';
import { columnBytes } from './cache-arrays.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { DecoderSession } from './decoder-session.js';
import type { GraphRunner, WireTensor } from './graph-runner.js';
import { LocalRunner } from './local-runner.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { logSoftmax, naiveLogits } from './oracle/naive-llama.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { rowsPerCall, type ScoreRow, scoreRows } from './score-rows.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 4096 };
const ANY_ROOM = Number.POSITIVE_INFINITY;
const row = (length: number, step = 1, from = 1) => ({
  tokens: Array.from({ length }, (_, i) => (i * i * step + i) % 11),
  from,
});
const graphsOn = (runner: GraphRunner) => new DecoderGraphs(CONFIG, randomTensors(CONFIG, 1), 0, [runner]);

it('takes as many rows at once as their logits, scores and caches have room for, and one in any case', () => {
  const large = { ...CONFIG, vocab_size: 150_000 };
  expect(rowsPerCall(CONFIG, 128, ANY_ROOM)).toBe(16);
  expect(rowsPerCall(large, 40, ANY_ROOM)).toBe(2);
  expect(rowsPerCall(large, 4000, ANY_ROOM)).toBe(1);
  expect(rowsPerCall(CONFIG, 1000, ANY_ROOM)).toBe(4);
  expect(rowsPerCall(CONFIG, 100, 250 * columnBytes(CONFIG))).toBe(2);
  expect(rowsPerCall(CONFIG, 100, 1)).toBe(1);
});

it('scores a long row in parts, which is the same as whole rows that end where they do', async () => {
  const runner = new CountingRunner();
  const graphs = graphsOn(runner);
  const long = row(3000);
  const budget = new CacheBudget(1e9);
  const [scored] = await scoreRows(graphs, [long], { topLogProbs: 2 }, budget);
  expect(runner.calls.map(({ graph, columns }) => [graph, columns > 0])).toEqual([
    ['score-top', false],
    ['score-top', true],
    ['score-top', true],
  ]);
  expect(budget.roomOf(graphs)).toBe(1e9);
  expect([scored?.logProbs.length, scored?.alternatives?.length]).toEqual([2999, 2999]);
  // Each of these is one call; the places are before, at and after the borders of the parts.
  for (const end of [20, 1398, 1399, 1400, 1401]) {
    const [whole] = await scoreRows(graphs, [{ tokens: long.tokens.slice(0, end + 1), from: end }]);
    expect(Math.abs((whole?.logProbs[0] as number) - (scored?.logProbs[end - 1] as number))).toBeLessThan(1e-4);
  }
  await graphs.close();
});

it('reports the most probable tokens at every place, the best first, whatever is beside a row', async () => {
  const decoder = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
  const rows = [row(9, 2, 4), row(30, 3), row(2)];
  const scored = await decoder.score(rows, { topLogProbs: 3 });
  const plain = await decoder.score(rows);
  for (const [index, { tokens, from }] of rows.entries()) {
    const { logProbs, alternatives = [] } = scored[index] ?? {};
    expect(logProbs).toEqual(plain[index]?.logProbs);
    expect(alternatives.map(({ logProb }) => logProb)).toEqual([...(logProbs ?? [])]);
    const logits = naiveLogits(CONFIG, randomTensors(CONFIG, 1), tokens);
    for (const [place, { top }] of alternatives.entries()) {
      const all = logSoftmax(logits[from + place - 1] as number[]).map((logProb, token) => ({ token, logProb }));
      const best = all.sort((a, b) => b.logProb - a.logProb).slice(0, 3);
      expect(top.map(({ token }) => token)).toEqual(best.map(({ token }) => token));
      for (const [rank, { logProb }] of top.entries()) expect(logProb).toBeCloseTo(best[rank]?.logProb as number, 4);
    }
  }
  await expect(decoder.score(rows, { topLogProbs: 21 })).rejects.toThrow('topLogProbs must be an integer from 0 to');
  await decoder.close();
});

it('holds the memory of its rows while it scores them', async () => {
  const budget = new CacheBudget(1e6);
  const rooms: number[] = [];
  const runner = new (class extends CountingRunner {
    override run(...asked: Parameters<GraphRunner['run']>): ReturnType<GraphRunner['run']> {
      rooms.push(1e6 - budget.roomOf(this));
      return super.run(...asked);
    }
  })();
  const graphs = graphsOn(runner);
  await scoreRows(graphs, [row(11), row(8)], {}, budget);
  expect(rooms).toEqual([2 * 10 * columnBytes(CONFIG)]);
  expect(budget.roomOf(runner)).toBe(1e6);
  await expect(scoreRows(graphs, [row(11)], { signal: AbortSignal.abort(new Error('gone')) }, budget)).rejects.toThrow(
    'gone',
  );
  expect(budget.roomOf(runner)).toBe(1e6);
  await graphs.close();
});

it('scores short rows together beside a long one', async () => {
  const runner = new CountingRunner();
  const graphs = graphsOn(runner);
  const scored = await scoreRows(graphs, [...new Array<ScoreRow>(8).fill(row(20)), row(2000), row(12)]);
  expect(scored.map(({ logProbs }) => logProbs.length)).toEqual([...new Array<number>(8).fill(19), 1999, 11]);
  expect([...new Set(runner.calls.map(({ rows }) => rows))]).toEqual([1, 9]);
  await graphs.close();
});

it('is done for one request after another', async () => {
  const decoder = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
  const run = vi.spyOn(LocalRunner.prototype, 'run');
  const [one, bad, gone] = [decoder.score([row(3000)]), decoder.score([row(1)]), new AbortController()];
  const [left, other] = [decoder.score([row(50)], { signal: gone.signal }), decoder.score([row(40)])];
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(bad).rejects.toThrow('row 0');
  await Promise.all([one, other]);
  const widths = run.mock.calls.map(([, feeds]) => (feeds['input_ids'] as WireTensor).dims[1] as number);
  run.mockRestore();
  // The long row takes several parts, and none of another is between them.
  expect(widths.indexOf(39)).toBe(widths.length - 1);
  expect(widths.slice(0, -1).reduce((sum, width) => sum + width, 0)).toBe(2999);
  expect(widths.length).toBeGreaterThan(2);
  await decoder.close();
});

it('is of one version of the weights, and over before a decoder closes', async () => {
  const decoder = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 1));
  const before = decoder.score([row(3000)]);
  const updated = decoder.updateWeights(randomTensors(CONFIG, 2), 1);
  const after = decoder.score([row(3000)]);
  const closed = updated.then(() => decoder.close());
  const [[first], [second]] = await Promise.all([before, after]);
  await closed;
  const other = await DecoderSession.create(CONFIG, randomTensors(CONFIG, 2));
  const [expected] = await other.score([row(3000)]);
  expect([first?.policyVersion, second?.policyVersion]).toEqual([0, 1]);
  expect(second?.logProbs).toEqual(expected?.logProbs);
  expect(first?.logProbs).not.toEqual(expected?.logProbs);
  await other.close();
});
