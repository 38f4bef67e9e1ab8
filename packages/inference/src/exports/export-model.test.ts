import { MemoryObjectStore } from '@preheat/adapters/memory';
import { adapterFiles, freshDecoder, type LoraAdapter, publishBundle, type Tensor } from '@preheat/checkpoints';
import { encodeStored, type ModelRecord } from '@preheat/contracts';
import { VirtualClock } from '@preheat/ports';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { BASE_MODELS } from '../base-models.js';
import { type LoadedModel, ModelRegistry } from '../model-registry.js';
import { ADAPTER_BASE_BLOB, baseConfig, descriptionBlobs } from '../stored-models.js';
import { servedModel } from './comparable-model.js';
import { compareModels } from './compare-models.js';
import { exportModel } from './export-model.js';
import { parityPrompts } from './parity-prompts.js';

const TINY = [
  {
    ...(BASE_MODELS[0] as (typeof BASE_MODELS)[number]),
    shape: {
      ...(BASE_MODELS[0] as (typeof BASE_MODELS)[number]).shape,
      hidden_size: 8,
      intermediate_size: 16,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 4,
    },
  },
];
const files = letterToSoundTokenizer();
const tokenizer = loadTokenizer(files);
const config = baseConfig(TINY[0] as (typeof TINY)[number], tokenizer);
const NAME = 'model.layers.0.self_attn.v_proj';

describe('compareModels', () => {
  const prompts = parityPrompts(config, tokenizer);
  const compare = async (change: (tensor: Tensor) => void) => {
    const changed = freshDecoder(config, 1);
    change(changed.get(`${NAME}.weight`) as Tensor);
    const [one, other] = [await servedModel(config, freshDecoder(config, 1)), await servedModel(config, changed)];
    const comparison = await compareModels(one, other, prompts, { config, tokenizer });
    await Promise.all([one.close(), other.close()]);
    return comparison;
  };

  it('finds no difference where there is none', async () => {
    expect(await compare(() => {})).toMatchObject({ maxLogProbDifference: 0, isGreedyTextEqual: true });
  });

  it('sees one weight that is wrong, and text that changes', async () => {
    const one = await compare(({ data }) => (data[0] = (data[0] as number) + 0.5));
    expect(one.maxLogProbDifference).toBeGreaterThan(1e-3);
    const many = await compare(({ data }) => data.fill(3));
    expect(many.isGreedyTextEqual).toBe(false);
  });
});

/** Loads the base otherwise the second time: as if what an adapter is read on top of were not what it was made for. */
class ShiftedRegistry extends ModelRegistry {
  #loads = 0;

  override async load(record: ModelRecord): Promise<LoadedModel> {
    const model = await super.load(record);
    if (record.kind !== 'base' || ++this.#loads === 1) return model;
    const tensors = new Map(model.tensors).set(`${NAME}.weight`, { shape: [4, 8], data: new Float32Array(32).fill(1) });
    return { ...model, tensors };
  }
}

it('keeps no export whose files compute something else', async () => {
  const store = new MemoryObjectStore({ clock: new VirtualClock() });
  const [base] = await new ModelRegistry(store, TINY).list('proj');
  const blobs = new Map([
    ...descriptionBlobs(config, files),
    ...adapterFiles(adapter()),
    [ADAPTER_BASE_BLOB, encodeStored(base as ModelRecord)],
  ] as [string, Uint8Array][]);
  await publishBundle(store, 'tuned', blobs);
  const record: ModelRecord = {
    ...(base as ModelRecord),
    name: 'tuned',
    kind: 'imported',
    projectId: 'proj',
    prefix: 'tuned',
    base: 'preheat-1m',
  };
  const options = { format: 'peft', dtype: 'float32' } as const;
  const good = await exportModel(store, new ModelRegistry(store, TINY), record, 'good', options);
  expect(good.parity).toMatchObject({ max_logprob_difference: 0, greedy_text_equal: true });
  const writing = exportModel(store, new ShiftedRegistry(store, TINY), record, 'bad', options);
  await expect(writing).rejects.toMatchObject({
    name: 'ExportMismatchError',
    message: expect.stringMatching(/^peft of tuned, read back, differs by [0-9.]+ nats \(bound 0\.001\)/),
  });
  expect((await store.list('bad/')).entries).toEqual([]);
});

function adapter(): LoraAdapter {
  const wave = (shape: number[]) => ({ shape, data: Float32Array.from({ length: 8 * 1 }, (_, i) => Math.cos(i)) });
  return {
    config: {
      rank: 1,
      alpha: 1,
      usesRankStabilizedScale: false,
      dropout: 0,
      targetModules: ['q_proj'],
      rankPattern: {},
      alphaPattern: {},
      modulesToSave: [],
      baseModel: null,
    },
    tensors: new Map([
      ['model.layers.0.self_attn.q_proj.lora_A.weight', wave([1, 8])],
      ['model.layers.0.self_attn.q_proj.lora_B.weight', wave([8, 1])],
    ]),
  };
}
