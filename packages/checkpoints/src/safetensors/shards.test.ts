import { describe, expect, it } from 'vitest';
import type { Tensor } from '../tensor.js';
import { decodeSafetensors } from './read-tensors.js';
import { INDEX_FILE, readShardIndex, shardTensors, WEIGHTS_FILE } from './shards.js';

const tensor = (length: number, value: number): Tensor => ({
  shape: [length],
  data: new Float32Array(length).fill(value),
});
const TENSORS = new Map([
  ['a', tensor(4, 1)],
  ['b', tensor(4, 2)],
  ['large', tensor(100, 3)],
  ['c', tensor(2, 4)],
]);
const bytesOf = (pieces: Iterable<Uint8Array>) => new Uint8Array(Buffer.concat([...pieces]));

describe('shardTensors', () => {
  it('fills files up to the limit, gives a larger tensor its own, and lists all in the index', () => {
    const files = shardTensors(TENSORS, 'F32', 32);
    expect(files.map(({ name }) => name)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      INDEX_FILE,
    ]);
    const index: unknown = JSON.parse(Buffer.concat([...(files[3]?.pieces() ?? [])]).toString());
    expect(index).toMatchObject({ metadata: { total_size: 4 * 110 } });
    const map = readShardIndex(index);
    const read = new Map<string, Tensor>();
    for (const { name, pieces } of files.slice(0, 3)) {
      for (const [key, value] of decodeSafetensors(bytesOf(pieces())).tensors) {
        expect(map.get(key)).toBe(name);
        read.set(key, value);
      }
    }
    expect(read).toEqual(TENSORS);
  });

  it('writes one file without an index where that is enough, as half of which fits in bfloat16', () => {
    expect(shardTensors(TENSORS, 'F32').map(({ name }) => name)).toEqual([WEIGHTS_FILE]);
    expect(shardTensors(TENSORS, 'BF16', 220).map(({ name }) => name)).toEqual([WEIGHTS_FILE]);
    expect(shardTensors(TENSORS, 'F32', 220).length).toBeGreaterThan(1);
  });
});

describe('readShardIndex', () => {
  it.each([
    [{}, 'has no object "weight_map"'],
    [{ weight_map: { w: '../up.safetensors' } }, 'puts "w" into "../up.safetensors"'],
    [{ weight_map: { w: 'pytorch_model.bin' } }, 'expected a *.safetensors name'],
  ])('refuses %j', (value, message) => {
    expect(() => readShardIndex(value)).toThrow(message);
  });
});
