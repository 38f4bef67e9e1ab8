import { MemoryObjectStore } from '@preheat/adapters/memory';
import { freshDecoder, type LoraAdapter, mergeAdapter, publishBundle, type Tensor } from '@preheat/checkpoints';
import type { ModelRecord } from '@preheat/contracts';
import { VirtualClock } from '@preheat/ports';
import { characterTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it, vi } from 'vitest';
import { DecoderSession } from './decoder-session.js';
import { LocalRunner } from './local-runner.js';
import { type LoadedModel, ModelRegistry } from './model-registry.js';
import { adapterBlobs, modelBlobs } from './stored-models.js';
import { TINY_CONFIG } from './oracle/tiny-model.js';
import { ServedDecoders } from './served-decoders.js';
import { WorkerRunner } from './worker-runner.js';

const files = characterTokenizer([...'abcdefghi'].slice(0, TINY_CONFIG.vocab_size - 6));
const tokenizer = loadTokenizer(files);
const BASE = freshDecoder(TINY_CONFIG, 3);
const OPTIONS = { maxNewTokens: 6, temperature: 0, seed: 1, stopIds: [] };
const REQUEST = [{ tokens: [1, 2, 3], key: 'row' }];
const PROJECTION = 'model.layers.0.self_attn.q_proj';

class CountingRegistry extends ModelRegistry {
  readonly loads: string[] = [];
  readonly store: MemoryObjectStore;

  constructor(store: MemoryObjectStore) {
    super(store);
    this.store = store;
  }

  override load(record: ModelRecord): Promise<LoadedModel> {
    this.loads.push(record.name);
    return super.load(record);
  }
}

const recordOf = (name: string): ModelRecord => ({
  schemaVersion: 1,
  name,
  kind: 'imported',
  projectId: 'proj',
  createdAtMs: 0,
  ownedBy: 'proj',
  prefix: `bundles/${name}`,
  jobId: null,
  base: null,
});

function adapterOf(wave: number, more: readonly [string, Tensor][] = []): LoraAdapter {
  const matrix = (name: string, shape: [number, number]): [string, Tensor] => [
    `${PROJECTION}.${name}.weight`,
    { shape, data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => 3 * Math.cos(wave * (i + 1))) },
  ];
  const [rows = 0, columns = 0] = BASE.get(`${PROJECTION}.weight`)?.shape ?? [];
  const settings = { usesRankStabilizedScale: false, dropout: 0, rankPattern: {}, alphaPattern: {} };
  return {
    config: {
      ...settings,
      rank: 1,
      alpha: 1,
      targetModules: ['q_proj'],
      baseModel: 'base',
      modulesToSave: more.length > 0 ? ['lm_head'] : [],
    },
    tensors: new Map([matrix('lora_A', [1, columns]), matrix('lora_B', [rows, 1]), ...more]),
  };
}

async function platform(adapters: Readonly<Record<string, LoraAdapter>>, budgetBytes = 1e9) {
  const store = new MemoryObjectStore({ clock: new VirtualClock() });
  await publishBundle(store, 'bundles/base', modelBlobs(TINY_CONFIG, files, BASE));
  for (const [name, adapter] of Object.entries(adapters)) {
    const described = { config: TINY_CONFIG, tokenizer, tokenizerFiles: files };
    await publishBundle(store, `bundles/${name}`, adapterBlobs(described, adapter, recordOf('base')));
  }
  const models = new CountingRegistry(store);
  return { models, decoders: new ServedDecoders(models, { budgetBytes, workers: 0, clock: new VirtualClock() }) };
}

async function mergedAnswer(adapter: LoraAdapter) {
  const session = await DecoderSession.create(TINY_CONFIG, mergeAdapter(BASE, adapter));
  const [row] = await session.generate(REQUEST, OPTIONS);
  await session.close();
  return row?.tokens;
}

it('serves every adapter of a base on one decoder, each with the answers of its merged model', async () => {
  const adapters = { one: adapterOf(1), two: adapterOf(2) };
  const { models, decoders } = await platform(adapters);
  for (const [name, adapter] of Object.entries(adapters)) {
    const { session, release } = await decoders.acquire(recordOf(name));
    const [row] = await session.generate(REQUEST, OPTIONS);
    expect(row?.tokens).toEqual(await mergedAnswer(adapter));
    const chunks = [];
    for await (const chunk of session.stream(REQUEST[0] as (typeof REQUEST)[0], OPTIONS)) chunks.push(...chunk.tokens);
    expect(chunks).toEqual([...(row?.tokens ?? [])]);
    await release();
  }
  expect(await mergedAnswer(adapters.one)).not.toEqual(await mergedAnswer(adapters.two));
  expect([models.loads, decoders.size]).toEqual([['base'], 3]);
  await decoders.close();
  expect(decoders.size).toBe(0);
});

it('unloads adapters before the base that they hold, and reads them again', async () => {
  const { models, decoders } = await platform({ one: adapterOf(1), two: adapterOf(2) }, 1);
  const one = await decoders.acquire(recordOf('one'));
  const two = await decoders.acquire(recordOf('two'));
  await one.release();
  expect(decoders.size).toBe(2);
  expect((await two.session.generate(REQUEST, OPTIONS))[0]?.tokens).toEqual(await mergedAnswer(adapterOf(2)));
  await two.release();
  expect(decoders.size).toBe(0);
  const again = await decoders.acquire(recordOf('one'));
  expect((await again.session.generate(REQUEST, OPTIONS))[0]?.tokens).toEqual(await mergedAnswer(adapterOf(1)));
  await again.release();
  expect(models.loads).toEqual(['base', 'base']);
});

it('answers with a decoder that was prepared on other weights of the same shape, as if it were opened anew', async () => {
  const { models, decoders } = await platform({});
  await decoders.prepare(recordOf('base'));
  await decoders.prepare(recordOf('base'));
  expect([models.loads, decoders.size]).toEqual([['base'], 1]);
  const next = freshDecoder(TINY_CONFIG, 9);
  await publishBundle(models.store, 'bundles/next', modelBlobs(TINY_CONFIG, files, next));
  const { session, release } = await decoders.acquire(recordOf('next'));
  const fresh = await DecoderSession.create(TINY_CONFIG, next);
  expect((await session.generate(REQUEST, OPTIONS))[0]?.tokens).toEqual(
    (await fresh.generate(REQUEST, OPTIONS))[0]?.tokens,
  );
  // What was prepared is used up.
  expect([models.loads, decoders.size]).toEqual([['base', 'next'], 1]);
  await Promise.all([release(), fresh.close()]);
  await decoders.close();
});

it('warms a model and an adapter so that the first question makes no graph', async () => {
  const { decoders } = await platform({ one: adapterOf(1) });
  const load = vi.spyOn(LocalRunner.prototype, 'load');
  const graphs = (): string[] => load.mock.calls.map(([name]) => name);
  for (const name of ['base', 'one']) await decoders.warm(recordOf(name));
  const warmed = graphs();
  expect(warmed).toEqual(expect.arrayContaining(['prefill', 'prefill+adapter']));
  for (const name of ['base', 'one']) {
    const { session, release } = await decoders.acquire(recordOf(name));
    await session.generate(REQUEST, OPTIONS);
    await release();
  }
  expect(graphs()).toEqual(warmed);
  expect(decoders.size).toBe(2);
  load.mockRestore();
  await decoders.close();
  // What was warmed is held by nobody.
  expect(decoders.size).toBe(0);
});

it('prepares on a base model, which is code, for the checkpoints that are trained from it', async () => {
  const { models, decoders } = await platform({});
  const record = (await models.find('proj', 'preheat-1m')) as ModelRecord;
  const { config, tokenizerFiles } = await models.describe(record);
  await publishBundle(models.store, 'bundles/step', modelBlobs(config, tokenizerFiles, freshDecoder(config, 5)));
  await decoders.prepare(record);
  const { release } = await decoders.acquire(recordOf('step'));
  expect(decoders.size).toBe(1);
  await release();
  await decoders.close();
});

it('prepares within the budget, and nothing for an adapter, which needs no decoder of its own', async () => {
  const { decoders } = await platform({ one: adapterOf(1) }, 1);
  await decoders.prepare(recordOf('one'));
  await decoders.prepare(recordOf('base'));
  expect(decoders.size).toBe(0);
});

it('reads the manifest of a model once, whatever asks for what is in it', async () => {
  const { models, decoders } = await platform({});
  const get = vi.spyOn(models.store, 'get');
  const { release } = await decoders.acquire(recordOf('base'));
  expect(get.mock.calls.map(([key]) => key).filter((key) => key.endsWith('manifest.json'))).toHaveLength(1);
  await release();
  await decoders.close();
});

describe('a thread that was started ahead', () => {
  async function onThread(threadAhead: WorkerRunner) {
    const { models } = await platform({});
    return new ServedDecoders(models, { budgetBytes: 1e9, workers: 1, threadAhead, clock: new VirtualClock() });
  }

  it('is the one of the first decoder, and ends with it', async () => {
    const thread = new WorkerRunner(1);
    const decoders = await onThread(thread);
    const run = vi.spyOn(WorkerRunner.prototype, 'run');
    const { session, release } = await decoders.acquire(recordOf('base'));
    const [row] = await session.generate(REQUEST, OPTIONS);
    expect(row?.tokens).toHaveLength(OPTIONS.maxNewTokens);
    expect(new Set(run.mock.contexts)).toEqual(new Set([thread]));
    run.mockRestore();
    await release();
    expect(thread.isUsable).toBe(true);
    await decoders.close();
    expect(thread.isUsable).toBe(false);
  });

  it('ends with the decoders where none took it', async () => {
    const thread = new WorkerRunner(1);
    await (await onThread(thread)).close();
    expect(thread.isUsable).toBe(false);
  });

  it('is replaced where it died before', async () => {
    const thread = new WorkerRunner(1);
    await thread.close();
    const decoders = await onThread(thread);
    const { session, release } = await decoders.acquire(recordOf('base'));
    expect(await session.generate(REQUEST, OPTIONS)).toHaveLength(1);
    await release();
    await decoders.close();
  });
});

it('merges an adapter that replaces whole tensors', async () => {
  const head = BASE.get('lm_head.weight') as Tensor;
  const whole: [string, Tensor] = ['lm_head.weight', { ...head, data: head.data.map((value, i) => -value + (i % 3)) }];
  const adapter = adapterOf(1, [whole]);
  const { models, decoders } = await platform({ whole: adapter });
  const { session, release } = await decoders.acquire(recordOf('whole'));
  expect((await session.generate(REQUEST, OPTIONS))[0]?.tokens).toEqual(await mergedAnswer(adapter));
  expect(models.loads).toContain('whole');
  await release();
  await decoders.close();
});
