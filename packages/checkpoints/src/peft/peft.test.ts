import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../folder/test-kit/memory-folder.js';
import { encodeSafetensors } from '../safetensors/write-tensors.js';
import type { Tensor } from '../tensor.js';
import { adapterFiles, readAdapter } from './adapter-files.js';
import type { LoraAdapter, LoraConfig } from './lora-adapter.js';
import { mergeAdapter } from './merge-adapter.js';

const CONFIG: LoraConfig = {
  rank: 1,
  alpha: 2,
  usesRankStabilizedScale: false,
  dropout: 0,
  targetModules: ['q_proj'],
  rankPattern: {},
  alphaPattern: {},
  modulesToSave: [],
  baseModel: 'acme/base',
};
const Q = 'model.layers.0.self_attn.q_proj';
const tensor = (shape: number[], ...values: number[]): Tensor => ({ shape, data: Float32Array.from(values) });
const A = tensor([1, 3], 1, 2, 3);
const B = tensor([2, 1], 10, 20);
const adapter = (config: Partial<LoraConfig> = {}, tensors: [string, Tensor][] = []): LoraAdapter => ({
  config: { ...CONFIG, ...config },
  tensors: new Map([[`${Q}.lora_A.weight`, A], [`${Q}.lora_B.weight`, B], ...tensors]),
});
const base = () =>
  new Map([
    [`${Q}.weight`, tensor([2, 3], 1, 1, 1, 1, 1, 1)],
    ['model.norm.weight', tensor([2], 1, 1)],
  ]);
const folderOf = (files: Map<string, Uint8Array>) => memoryFolder(Object.fromEntries(files));

describe('mergeAdapter', () => {
  it.each<[string, Partial<LoraConfig>, number]>([
    ['alpha / rank', {}, 2],
    ['alpha / √rank', { usesRankStabilizedScale: true, alpha: 3 }, 3],
    ['the alpha of a module', { alphaPattern: { q_proj: 5 } }, 5],
    ['the alpha of a pattern', { alphaPattern: { 'layers\\.0\\..*': 7 } }, 7],
    ['its own alpha where a pattern is for others', { alphaPattern: { proj: 5 } }, 2],
  ])('adds B·A times %s, and leaves the base alone', (_, config, scale) => {
    const from = base();
    const merged = mergeAdapter(from, adapter(config));
    const update = [10, 20, 30, 20, 40, 60];
    expect([...(merged.get(`${Q}.weight`)?.data ?? [])]).toEqual(update.map((value) => 1 + scale * value));
    expect(from).toEqual(base());
    expect(merged.get('model.norm.weight')).toBe(from.get('model.norm.weight'));
  });

  it('transposes for weights stored inputs first, and replaces modules saved whole', () => {
    const stored = new Map([
      [`${Q}.weight`, tensor([3, 2], 0, 0, 0, 0, 0, 0)],
      ['model.norm.weight', tensor([2], 1, 1)],
    ]);
    const whole = adapter({ alpha: 1, modulesToSave: ['norm'] }, [['model.norm.weight', tensor([2], 5, 6)]]);
    const merged = mergeAdapter(stored, whole, () => true);
    expect([...(merged.get(`${Q}.weight`)?.data ?? [])]).toEqual([10, 20, 20, 40, 30, 60]);
    expect(merged.get('model.norm.weight')).toEqual(tensor([2], 5, 6));
  });

  it('names the module that does not fit', () => {
    expect(() => mergeAdapter(new Map(), adapter())).toThrow(`the base has no ${Q}.weight`);
    const other = new Map([[`${Q}.weight`, tensor([3, 2], 0, 0, 0, 0, 0, 0)]]);
    expect(() => mergeAdapter(other, adapter())).toThrow('[3,2], the adapter is for [2,3]');
    const extra = adapter({}, [['model.other.weight', tensor([1], 0)]]);
    expect(() => mergeAdapter(base(), extra)).toThrow('replaces model.other.weight [1], the base has none');
  });
});

describe('adapter files', () => {
  it('come back as they were', async () => {
    const full = adapter({ rankPattern: { k_proj: 4 }, modulesToSave: ['norm'], dropout: 0.1 }, [
      ['model.norm.weight', tensor([2], 5, 6)],
    ]);
    expect(await readAdapter(folderOf(adapterFiles(full)))).toEqual(full);
  });

  it.each<[string, object, string]>([
    ['another method', { peft_type: 'IA3' }, 'peft_type must be "LORA", got "IA3"'],
    ['DoRA', { use_dora: true }, 'use_dora must be false, got true'],
    ['biases', { bias: 'all' }, 'bias must be "none", got "all"'],
    ['a start that changed the base', { init_lora_weights: 'pissa_niter_4' }, 'got "pissa_niter_4"'],
    ['a variant', { kasa_config: {} }, 'kasa_config must be null, got {}'],
    ['a rank of nothing', { rank_pattern: { q_proj: 0 } }, 'rank_pattern must be numbers above 0 by module'],
    ['a pattern of Python alone', { alpha_pattern: { '(?P<q>q)': 1 } }, 'alpha_pattern must be by names or patterns'],
    ['no rank', { r: undefined }, 'r must be a number above 0'],
    ['a rank that the matrices have not', { r: 8 }, 'its matrices have rank 1, the config says 8'],
  ])('of %s are refused', async (_, change, message) => {
    const files = adapterFiles(adapter());
    const config = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json'))) as object;
    files.set('adapter_config.json', new TextEncoder().encode(JSON.stringify({ ...config, ...change })));
    await expect(readAdapter(folderOf(files))).rejects.toThrow(message);
  });

  it.each<[string, object]>([
    ['a pattern', { target_modules: '.*\\.(q_proj|v_proj)' }],
    ['layers', { layers_to_transform: [0] }],
    ['leaving some out', { exclude_modules: ['model.layers.1.self_attn.q_proj'] }],
  ])('that chose modules by %s name them in full', async (_, change) => {
    const files = adapterFiles(adapter());
    const config = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json'))) as object;
    files.set('adapter_config.json', new TextEncoder().encode(JSON.stringify({ ...config, ...change })));
    expect((await readAdapter(folderOf(files))).config.targetModules).toEqual([Q]);
  });

  it('without one of a pair, or with pickled weights, are refused', async () => {
    const files = adapterFiles(adapter());
    const lonely = new Map([[`base_model.model.${Q}.lora_A.weight`, A]]);
    const lone = new Map(files).set('adapter_model.safetensors', encodeSafetensors(lonely));
    await expect(readAdapter(folderOf(lone))).rejects.toThrow(`tensor ${Q}.lora_B.weight is missing`);
    files.delete('adapter_model.safetensors');
    files.set('adapter_model.bin', Uint8Array.of(1));
    await expect(readAdapter(folderOf(files))).rejects.toThrow('adapter_model.bin is pickled');
  });
});
