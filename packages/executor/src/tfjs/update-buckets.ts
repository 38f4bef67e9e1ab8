// Which parameters are updated together. A device pays more for starting an operation than for the arithmetic on a small
// tensor, and AdamW takes thirteen operations: they are done once a bucket of concatenated parameters instead.

import type { Parameter } from '../parameter-layout.js';

export interface Bucket {
  readonly parameters: readonly Parameter[];
  readonly size: number;
  readonly decays: boolean;
}

/** Bounds the copies that a concatenation needs to 16 MiB; operations on so many numbers cost no more apart. */
const maxElements = 2 ** 22;

/** Every trainable parameter in exactly one bucket, with others that decay as it does; large ones are alone. */
export function planBuckets(parameters: readonly Parameter[]): Bucket[] {
  return [true, false].flatMap((decays) => {
    const buckets: { parameters: Parameter[]; size: number; decays: boolean }[] = [];
    for (const parameter of parameters) {
      if (!parameter.trainable || parameter.decays !== decays) continue;
      const last = buckets.at(-1);
      if (last && last.size + parameter.size <= maxElements) {
        last.parameters.push(parameter);
        last.size += parameter.size;
      } else buckets.push({ parameters: [parameter], size: parameter.size, decays });
    }
    return buckets;
  });
}

/** Tensors of a bucket's parameters, in order, as one vector on the host; what is not given is zero. */
export function packBucket(bucket: Bucket, data: Readonly<Record<string, Float32Array>>): Float32Array {
  const vector = new Float32Array(bucket.size);
  let offset = 0;
  for (const { name, size } of bucket.parameters) {
    const values = data[name];
    if (values) vector.set(values, offset);
    offset += size;
  }
  return vector;
}

/** The inverse of `packBucket`: copies, by name. */
export function unpackBucket(bucket: Bucket, vector: Float32Array): Record<string, Float32Array> {
  let offset = 0;
  return Object.fromEntries(
    bucket.parameters.map(({ name, size }) => {
      offset += size;
      return [name, vector.slice(offset - size, offset)];
    }),
  );
}
