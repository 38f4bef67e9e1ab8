/** Long prompts, alone and beside short ones: calls of a bounded size, and what is decoded from them is what scoring says. */
import { expect, it } from 'vitest';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { generateRows } from './generate-rows.js';
import type { GenerateOptions } from './generation-types.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';
import { MAX_PREFILL_COLUMNS, planPrefill, type PromptRow } from './plan-prefill.js';
import { scoreRows } from './score-rows.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 4096 };
const OPTIONS: GenerateOptions = { maxNewTokens: 3, seed: 1, temperature: 1, stopIds: [] };
const prompt = (length: number, step: number): number[] => Array.from({ length }, (_, i) => (i * i * step + i) % 11);

const rowsOf = (...missing: number[]): PromptRow[] => missing.map((each) => ({ missing: each }) as PromptRow);
const planned = (...missing: number[]): number[][] =>
  planPrefill(rowsOf(...missing)).map((call) => call.map((row) => row.missing));

it('computes rows together as they come, unless the longest would make all others as long as itself', () => {
  expect(planned(3, 127, 0)).toEqual([[3, 127, 0]]);
  const short = new Array<number>(60).fill(50);
  expect(planned(...short.slice(30), 5000, ...short.slice(30))).toEqual([[5000], short]);
  for (const call of planned(...Array.from({ length: 64 }, (_, i) => 100 * i))) {
    expect(call.length === 1 || call.length * Math.max(...call) <= MAX_PREFILL_COLUMNS).toBe(true);
  }
});

it('computes a long prompt in parts, beside short ones that are computed apart', async () => {
  const runner = new CountingRunner();
  const graphs = new DecoderGraphs(CONFIG, randomTensors(CONFIG, 1), 0, [runner]);
  const prompts = [prompt(20, 1), prompt(2400, 2), prompt(1, 1), prompt(9, 3), prompt(40, 4)];
  const requests = prompts.map((tokens, row) => ({ tokens, key: `row-${row}` }));
  const rows = await generateRows(CONFIG, new DecodeEngine(graphs), requests, OPTIONS);
  const prefills = runner.calls.filter(({ graph }) => graph === 'prefill').map((call) => call.rows);
  expect(prefills).toEqual([1, 1, 4]);
  const whole = rows.map(({ tokens }, row) => {
    const before = prompts[row] as number[];
    return { tokens: [...before, ...tokens], from: before.length };
  });
  const scored = await scoreRows(graphs, whole);
  rows.forEach(({ logProbs }, row) => {
    logProbs.forEach((value, at) => {
      expect(Math.abs(value - (scored[row]?.logProbs[at] as number))).toBeLessThan(1e-4);
    });
  });
  await graphs.close();
});
