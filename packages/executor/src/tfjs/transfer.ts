// Moving numbers between the host and the device, and between tensors and vectors on it.

import type { Shape } from '@preheat/graph';
import type { Tensor, TensorFlow } from './tensorflow.js';

/** A kept tensor over a copy of `data`: TensorFlow.js may alias the array it is given, or read it only at first use. */
export function upload(tf: TensorFlow, data: Float32Array | Int32Array, shape: Shape): Tensor {
  return tf.keep(tf.tensor(data.slice(), [...shape], data instanceof Int32Array ? 'int32' : 'float32'));
}

/** A copy of an f32 tensor on the host. It stays alive. */
export async function download(tensor: Tensor): Promise<Float32Array> {
  return new Float32Array(await tensor.data());
}

/** Copies f32 tensors to the host. They stay alive. */
export async function readAll(named: Iterable<readonly [string, Tensor]>): Promise<Record<string, Float32Array>> {
  const results: Record<string, Float32Array> = {};
  for (const [name, tensor] of named) results[name] = await download(tensor);
  return results;
}

/** All elements one after another, as a new kept vector. */
export function concatenate(tf: TensorFlow, tensors: readonly Tensor[]): Tensor {
  return tf.keep(
    tf.tidy(() => {
      const vectors = tensors.map((tensor) => tf.reshape(tensor, [-1]));
      return vectors.length === 1 ? (vectors[0] as Tensor) : tf.concat(vectors);
    }),
  );
}

/** The inverse of `concatenate`: kept tensors of the given shapes. The vector stays alive. */
export function separate(
  tf: TensorFlow,
  vector: Tensor,
  parts: readonly { readonly shape: Shape; readonly size: number }[],
): Tensor[] {
  const tensors = tf.tidy(() => {
    const sizes = parts.map(({ size }) => size);
    const pieces = parts.length === 1 ? [vector] : tf.split(vector, sizes);
    return parts.map(({ shape }, i) => tf.reshape(pieces[i] as Tensor, [...shape]));
  });
  return tensors.map((tensor) => tf.keep(tensor));
}

export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
