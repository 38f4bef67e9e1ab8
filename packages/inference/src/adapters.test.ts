import { type LoraAdapter, LoraAdapterError, mergeAdapter, type Tensor } from '@preheat/checkpoints';
import { afterAll, describe, expect, it } from 'vitest';
import { DecodeEngine } from './decode-engine.js';
import { DecoderGraphs, decoderBytes } from './decoder-graphs.js';
import { DecoderSession } from './decoder-session.js';
import { generateRows } from './generate-rows.js';
import { CountingRunner } from './oracle/counting-runner.js';
import { randomAdapter, randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const OPTIONS = { maxNewTokens: 12, temperature: 0.8, seed: 5, stopIds: [] };
const BASE = randomTensors(TINY_CONFIG, 1);
const TARGETS = { query: ['q_proj', 'v_proj'], all: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'] };
const open: DecoderSession[] = [];
afterAll(() => Promise.all(open.map((session) => session.close())));

async function opened(tensors: ReadonlyMap<string, Tensor>): Promise<DecoderSession> {
  const session = await DecoderSession.create(TINY_CONFIG, tensors);
  open.push(session);
  return session;
}

const ADAPTERS: Readonly<Record<string, LoraAdapter>> = {
  narrow: randomAdapter(TINY_CONFIG, TARGETS.query, 2, 7),
  wide: randomAdapter(TINY_CONFIG, TARGETS.all, 3, 8),
};
const NAMES = [undefined, 'narrow', 'wide', 'narrow', undefined, 'wide', 'wide'] as const;
const requests = NAMES.map((adapter, row) => ({
  tokens: Array.from({ length: 1 + (row % 4) }, (_, index) => (row * 3 + index) % TINY_CONFIG.vocab_size),
  key: `row-${row}`,
  ...(adapter && { options: { adapter } }),
}));

describe('several adapters on one base', () => {
  it('give every row what weights merged with its adapter give', async () => {
    const served = await opened(BASE);
    for (const [name, adapter] of Object.entries(ADAPTERS)) await served.addAdapter(name, adapter);
    const rows = await served.generate(requests, OPTIONS);
    for (const name of new Set(NAMES)) {
      const merged = await opened(name ? mergeAdapter(BASE, ADAPTERS[name] as LoraAdapter) : BASE);
      const own = requests.flatMap((request, at) => (NAMES[at] === name ? [{ ...request, options: {}, at }] : []));
      const expected = await merged.generate(own, OPTIONS);
      for (const [index, { at }] of own.entries()) {
        expect([...(rows[at]?.tokens ?? [])]).toEqual([...(expected[index]?.tokens ?? [])]);
        rows[at]?.logProbs.forEach((value, token) => {
          expect(Math.abs(value - (expected[index]?.logProbs[token] as number))).toBeLessThan(1e-5);
        });
      }
    }
    expect(rows[1]?.logProbs).not.toEqual(rows[3]?.logProbs);
  });

  it('score given tokens as merged weights do', async () => {
    const served = await opened(BASE);
    await served.addAdapter('wide', ADAPTERS['wide'] as LoraAdapter);
    const rows = [{ tokens: [1, 4, 7, 3, 9], from: 1 }];
    const [scored] = await served.score(rows, { adapter: 'wide' });
    const [plain] = await served.score(rows);
    const [expected] = await (await opened(mergeAdapter(BASE, ADAPTERS['wide'] as LoraAdapter))).score(rows);
    scored?.logProbs.forEach((value, at) => {
      expect(Math.abs(value - (expected?.logProbs[at] as number))).toBeLessThan(1e-5);
    });
    expect(plain?.logProbs).not.toEqual(scored?.logProbs);
  });

  it('share the sessions and the weights of the base', async () => {
    const config = { ...TINY_CONFIG, vocab_size: 1000, hidden_size: 32 };
    const runner = new CountingRunner();
    const graphs = new DecoderGraphs(config, randomTensors(config, 1), 0, [runner]);
    const engine = new DecodeEngine(graphs);
    const adapter = randomAdapter(config, TARGETS.query, 2, 0);
    await graphs.addAdapter('first', adapter);
    await generateRows(config, engine, [{ tokens: [1, 2], key: 'a' }], { ...OPTIONS, adapter: 'first' });
    const loads = runner.loads.length;
    const own = decoderBytes(config, 1) / 2;
    // What waits for the collector is there once; copies of the base would be there each time.
    let growth = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && growth >= own; tries++) {
      const before = process.memoryUsage().arrayBuffers;
      for (let index = 0; index < 8; index++) {
        const name = `adapter-${tries}-${index}`;
        await graphs.addAdapter(name, adapter);
        await generateRows(config, engine, [{ tokens: [1, 2], key: 'a' }], { ...OPTIONS, adapter: name });
      }
      growth = process.memoryUsage().arrayBuffers - before;
    }
    expect(growth).toBeLessThan(own);
    expect([runner.loads.length, runner.weightUpdates]).toEqual([loads, 1]);
    await graphs.close();
  });

  it('are refused where they do not fit, and missed where they are not there', async () => {
    const served = await opened(BASE);
    const stray = randomAdapter({ ...TINY_CONFIG, num_hidden_layers: 3 }, TARGETS.query, 2, 1);
    await expect(served.addAdapter('x', stray)).rejects.toThrow(/the base has no projection model.layers.2/);
    const whole = { ...stray, tensors: new Map([['lm_head.weight', BASE.get('lm_head.weight') as Tensor]]) };
    await expect(served.addAdapter('x', whole)).rejects.toThrow(LoraAdapterError);
    const lost = served.generate([{ tokens: [1], key: 'a' }], { ...OPTIONS, adapter: 'nobody' });
    await expect(lost).rejects.toThrow('there is no adapter nobody');
    await served.addAdapter('narrow', ADAPTERS['narrow'] as LoraAdapter);
    await expect(served.addAdapter('narrow', ADAPTERS['narrow'] as LoraAdapter)).rejects.toThrow('already');
    await served.removeAdapter('narrow');
    await expect(served.score([{ tokens: [1, 2], from: 1 }], { adapter: 'narrow' })).rejects.toThrow(
      'no adapter narrow',
    );
  });
});
