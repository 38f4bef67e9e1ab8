import { MemoryObjectStore } from '@preheat/adapters/memory';
import { VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { freshDecoder } from '../fresh-decoder.js';
import { writeHuggingFaceConfig } from '../hugging-face-config.js';
import { openBundle } from '../open-bundle.js';
import { publishBundle } from '../publish-bundle.js';
import { shardTensors } from '../safetensors/shards.js';
import { encodeSafetensors } from '../safetensors/write-tensors.js';
import type { Tensor } from '../tensor.js';
import { bundleFolder } from './bundle-folder.js';
import { checkModelFolder } from './check-folder.js';
import { assertFiniteWeights, loadFolderWeights } from './load-weights.js';
import { type Files, memoryFolder } from './test-kit/memory-folder.js';
import { TINY_DECODER } from './test-kit/tiny-decoder.js';

const NORM = 'model.norm.weight';
const weights = () => freshDecoder(TINY_DECODER, 3);
const one = (value: number): Tensor => ({ shape: [8], data: new Float32Array(8).fill(value) });
const config = writeHuggingFaceConfig(TINY_DECODER);
const filesOf = (tensors: ReadonlyMap<string, Tensor>): Files => ({
  'config.json': config,
  'model.safetensors': encodeSafetensors(tensors),
});
function sharded(shardBytes: number): Files {
  const files = shardTensors(weights(), 'F32', shardBytes).map(({ name, pieces }) => [
    name,
    Buffer.concat([...pieces()]),
  ]);
  return { 'config.json': config, ...(Object.fromEntries(files) as Files) };
}

describe('checkModelFolder', () => {
  it('tells what a folder holds without reading its weights', async () => {
    const folder = memoryFolder({
      'config.json': config,
      'model.safetensors': encodeSafetensors(weights(), { dtype: 'BF16' }),
    });
    const read: number[] = [];
    const open: typeof folder.open = (name, range) => {
      if (name.endsWith('.safetensors')) read.push(range?.length ?? Infinity);
      return folder.open(name, range);
    };
    const summary = await checkModelFolder({ ...folder, open });
    expect(summary).toMatchObject({ config: TINY_DECODER, dtypes: ['BF16'], tensors: 20, ignored: [] });
    expect(summary.weightBytes).toBe(folder.sizeOf('model.safetensors'));
    expect(Math.max(...read)).toBeLessThan(folder.sizeOf('model.safetensors') / 2);
  });

  it('takes shards, names without the outer module, buffers, and a head that is tied', async () => {
    expect((await checkModelFolder(memoryFolder(sharded(1000)))).weightFiles.length).toBeGreaterThan(2);
    const inner = new Map([...weights()].map(([name, tensor]) => [name.replace('model.', ''), tensor]));
    inner.set('layers.0.self_attn.rotary_emb.inv_freq', one(1)).set('lm_head.weight', one(1));
    const folder = memoryFolder(filesOf(inner));
    expect((await checkModelFolder(folder)).ignored).toEqual([
      'layers.0.self_attn.rotary_emb.inv_freq',
      'lm_head.weight',
    ]);
    expect(await loadFolderWeights(folder, TINY_DECODER)).toEqual(weights());
  });

  it.each<[string, Files, string]>([
    ['no config', { 'model.safetensors': '' }, 'config.json is missing; the folder has model.safetensors'],
    ['a config that is no JSON', { 'config.json': '{' }, 'config.json: is not JSON'],
    ['a config that is a list', { 'config.json': [] }, 'config.json: must be a JSON object'],
    ['a config that is no text', { 'config.json': Uint8Array.of(0xff) }, 'config.json: is not UTF-8'],
    ['another family', { 'config.json': { ...config, model_type: 'bert' } }, 'config.json: model_type must be'],
    ['no weights', { 'config.json': config }, 'model.safetensors is missing'],
    [
      'pickled weights',
      { 'config.json': config, 'pytorch_model.bin': 'x' },
      'pytorch_model.bin: pickled weights can run code',
    ],
    ['gguf', { 'config.json': config, 'm.gguf': 'x' }, 'm.gguf: GGUF is written here, not read'],
    [
      'shards without index',
      { 'config.json': config, 'a.safetensors': '', 'b.safetensors': '' },
      'says how 2 files fit together',
    ],
    [
      'an empty file',
      { 'config.json': config, 'model.safetensors': '' },
      'model.safetensors: safetensors: file of 0 bytes',
    ],
  ])('refuses %s', async (_, files, message) => {
    await expect(checkModelFolder(memoryFolder(files))).rejects.toThrow(message);
  });

  it.each<[string, Files, string]>([
    ['a missing tensor', filesOf(without(NORM)), 'model.safetensors: tensor model.norm.weight [8] is missing'],
    ['an unknown tensor', filesOf(weights().set('adapter.x', one(1))), 'tensor adapter.x [8] is no part of a llama'],
    [
      'a wrong shape',
      filesOf(weights().set(NORM, { shape: [4, 2], data: new Float32Array(8) })),
      'is [4,2], config.json makes it [8]',
    ],
    [
      'a tensor twice',
      filesOf(weights().set('norm.weight', one(1))),
      'tensor norm.weight is in model.safetensors as well',
    ],
    [
      'a file cut off',
      { ...filesOf(weights()), 'model.safetensors': encodeSafetensors(weights()).subarray(0, -5) },
      'it was cut off',
    ],
    ['a missing shard', dropped(sharded(1000), 'model-00002'), 'is listed in model.safetensors.index.json and missing'],
  ])('refuses %s', async (_, files, message) => {
    await expect(checkModelFolder(memoryFolder(files))).rejects.toThrow(message);
  });
});

describe('loadFolderWeights', () => {
  it('reads shards and half floats as float32', async () => {
    expect(await loadFolderWeights(memoryFolder(sharded(1000)), TINY_DECODER)).toEqual(weights());
    const half = memoryFolder({
      'config.json': config,
      'model.safetensors': encodeSafetensors(weights(), { dtype: 'BF16' }),
    });
    const read = await loadFolderWeights(half, TINY_DECODER);
    expect(read.get(NORM)?.data).toEqual(weights().get(NORM)?.data);
    const again = encodeSafetensors(read, { dtype: 'BF16' });
    expect(Buffer.compare(again, encodeSafetensors(weights(), { dtype: 'BF16' }))).toBe(0);
  });

  it('verifies a bundle while it reads it', async () => {
    const store = new MemoryObjectStore({ clock: new VirtualClock() });
    const blobs = new Map([['model.safetensors', encodeSafetensors(weights())]]);
    await publishBundle(store, 'm', blobs);
    const folder = bundleFolder(await openBundle(store, 'm'));
    expect(await loadFolderWeights(folder, TINY_DECODER)).toEqual(weights());
    const damaged = encodeSafetensors(weights());
    damaged[damaged.length - 1] = 1;
    await store.put('m/model.safetensors', damaged);
    await expect(loadFolderWeights(folder, TINY_DECODER)).rejects.toMatchObject({
      name: 'BundleError',
      reason: 'corrupt',
    });
  });
});

it('finds the weight that is not a number', async () => {
  await expect(assertFiniteWeights(memoryFolder(filesOf(weights())), TINY_DECODER)).resolves.toBeUndefined();
  const broken = weights();
  (broken.get(NORM) as Tensor).data[5] = Number.NaN;
  await expect(assertFiniteWeights(memoryFolder(filesOf(broken)), TINY_DECODER)).rejects.toThrow(
    'model.safetensors: tensor model.norm.weight holds NaN at element 5',
  );
});

function without(name: string): Map<string, Tensor> {
  const tensors = weights();
  tensors.delete(name);
  return tensors;
}

function dropped(files: Files, start: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith(start)));
}
