// Moving numbers between the host and the device.

import type { Shape } from '@preheat/graph';
import type { Tensor, TensorFlow } from './tensorflow.js';

/** A kept tensor over a copy of `data`: TensorFlow.js may alias the array it is given. */
export function upload(tf: TensorFlow, data: Float32Array | Int32Array, shape: Shape): Tensor {
  return tf.keep(tf.tensor(data.slice(), [...shape], data instanceof Int32Array ? 'int32' : 'float32'));
}

/** Copies f32 tensors to the host. They stay alive. */
export async function readAll(named: Iterable<readonly [string, Tensor]>): Promise<Record<string, Float32Array>> {
  const results: Record<string, Float32Array> = {};
  for (const [name, tensor] of named) results[name] = Float32Array.from(await tensor.data());
  return results;
}

export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
