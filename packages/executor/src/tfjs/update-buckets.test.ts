import { describe, expect, it } from 'vitest';
import { resolveLayout } from '../parameter-layout.js';
import { packBucket, planBuckets, unpackBucket } from './update-buckets.js';

const parameters = resolveLayout([
  { name: 'norm', shape: [3] },
  { name: 'a', shape: [2, 2] },
  { name: 'frozen', shape: [5, 5], trainable: false },
  { name: 'large', shape: [2048, 2048] },
  { name: 'b', shape: [1, 3] },
]);
const names = planBuckets(parameters).map((bucket) => bucket.parameters.map(({ name }) => name));

describe('planBuckets', () => {
  it('puts every trainable parameter in one bucket, apart by decay, and fills none beyond the limit', () => {
    expect(names).toEqual([['a'], ['large'], ['b'], ['norm']]);
    const small = planBuckets(parameters.filter(({ name }) => name !== 'large'));
    expect(small.map(({ size, decays }) => [size, decays])).toEqual([
      [7, true],
      [3, false],
    ]);
  });

  it('packs and unpacks, with zeros for what is not given', () => {
    const [bucket] = planBuckets(parameters.filter(({ name }) => name !== 'large'));
    const packed = bucket && packBucket(bucket, { b: Float32Array.of(5, 6, 7) });
    expect(packed).toEqual(Float32Array.of(0, 0, 0, 0, 5, 6, 7));
    expect(bucket && unpackBucket(bucket, packed as Float32Array)).toEqual({
      a: new Float32Array(4),
      b: Float32Array.of(5, 6, 7),
    });
  });
});
