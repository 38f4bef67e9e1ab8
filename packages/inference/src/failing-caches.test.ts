/** Rows whose caches cannot be read or copied between two calls fail, with all that goes on from them, and the next are decoded. */
import { presentName } from '@preheat/checkpoints';
import { afterAll, describe, expect, it } from 'vitest';
import { columnBytes } from './cache-arrays.js';
import { CacheBudget } from './cache-budget.js';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs } from './decoder-graphs.js';
import { generateRows } from './generate-rows.js';
import type { GenerateRequest, WatchedOptions } from './generation-types.js';
import type { RunResult, WireTensor } from './graph-runner.js';
import { countedEngine } from './oracle/counted-engine.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const CONFIG = { ...TINY_CONFIG, max_position_embeddings: 160 };
const PLAIN: WatchedOptions = { maxNewTokens: 30, seed: 21, stopIds: [] };
const FORKED: WatchedOptions = { ...PLAIN, segments: [{ maxTokens: 3, forks: 3 }, {}] };

type Outputs = Record<string, WireTensor>;
type Spoil = (outputs: Outputs, name: string) => unknown;
const takeAway: Spoil = (outputs, name) => delete outputs[name];
/** Leaves the array without its memory. */
const detach: Spoil = (outputs, name) => structuredClone(0, { transfer: [outputs[name]?.data.buffer as ArrayBuffer] });

/** Spoils a part of the caches that the first decoding call returns. */
class SpoilingRunner extends CountingRunner {
  readonly #spoil: Spoil;

  constructor(spoil: Spoil) {
    super();
    this.#spoil = spoil;
  }

  override async run(...call: Parameters<CountingRunner['run']>): Promise<RunResult> {
    const isFirst = this.decodingCalls.length === 0;
    const result = await super.run(...call);
    if (isFirst && this.decodingCalls.length === 1) this.#spoil(result.outputs as Outputs, presentName(0, 'value'));
    return result;
  }
}

/** Writes down what is held. */
class HeldBudget extends CacheBudget {
  readonly held: number[] = [];

  override hold(holder: object, bytes: number): void {
    this.held.push(bytes / columnBytes(CONFIG));
    super.hold(holder, bytes);
  }
}

const open: DecoderGraphs[] = [];
afterAll(() => Promise.all(open.map((graphs) => graphs.close())));

function spoiltEngine(spoil: Spoil, columns = 1e6): { engine: DecodeEngine; budget: HeldBudget } {
  const budget = new HeldBudget(columns * columnBytes(CONFIG));
  const graphs = new DecoderGraphs(CONFIG, randomTensors(CONFIG, 1), 0, [new SpoilingRunner(spoil)]);
  open.push(graphs);
  return { engine: new DecodeEngine(graphs, 64, 0, budget), budget };
}

const requestsOf = (count: number): GenerateRequest[] =>
  Array.from({ length: count }, (_, row) => ({
    tokens: Array.from({ length: 9 - (row % 2) }, (_unused, index) => (row * 5 + index * index) % 11),
    key: `row-${row}`,
  }));

async function tokensOf(engine: DecodeEngine, requests: GenerateRequest[], options: WatchedOptions) {
  return (await generateRows(CONFIG, engine, requests, options)).map(({ tokens }) => [...tokens]);
}

describe('caches that fail', () => {
  it.each<[string, Spoil, WatchedOptions, number]>([
    ['are not there when rows were forked', takeAway, FORKED, 1e6],
    ['cannot be copied for forks', detach, FORKED, 1e6],
    ['cannot be laid out again when rows outgrew the memory', detach, { ...PLAIN, maxNewTokens: 100 }, 300],
  ])('fail their rows where they %s, and no row after them', async (_, spoil, options, columns) => {
    const { engine } = spoiltEngine(spoil, columns);
    const requests = requestsOf(options === FORKED ? 2 : 9);
    await expect(generateRows(CONFIG, engine, requests, options)).rejects.toThrow(TypeError);
    const well = countedEngine(CONFIG);
    open.push(well.graphs);
    expect(await tokensOf(engine, requests, options)).toEqual(await tokensOf(well.engine, requests, options));
  });

  it('are held before they are copied for forks, and no longer than the lane runs', async () => {
    const { engine, budget } = spoiltEngine(detach);
    await expect(generateRows(CONFIG, engine, requestsOf(2), FORKED)).rejects.toThrow(TypeError);
    const [held = 0, before = 0] = budget.held.filter((columns) => columns > 0).reverse();
    // Prompts of 9 and 8 tokens and three drawn ones each, of which decoding did not read the last.
    expect(held - before).toBe(11 + 10);
    await engine.drain();
    expect(budget.held.at(-1)).toBe(0);
  });
});
