// AdamW and the global gradient norm as TensorFlow.js operations, so that parameters never leave the device.

import type { AdamWCoefficients } from '../adamw.js';
import type { UpdateOptions } from '../executor.js';
import type { Tensor, TensorFlow } from './tensorflow.js';

/** What the optimiser keeps of one trainable parameter. Each tensor is owned and replaced by an update. */
export interface DeviceParameter {
  parameter: Tensor;
  firstMoment: Tensor;
  secondMoment: Tensor;
}

/** The smallest normal float32: divides a zero gradient without making NaN. */
const smallestNormal = 2 ** -126;

/**
 * Euclidean norm of all tensors together, read back to the host. Divided by the largest element before squaring, so
 * that no finite gradient overflows; NaN or infinite when an element is.
 */
export async function globalNorm(tf: TensorFlow, tensors: readonly Tensor[]): Promise<number> {
  if (tensors.length === 0) return 0;
  const norm = tf.tidy(() => {
    const largest = tf.maximum(tf.max(tf.stack(tensors.map((x) => tf.max(tf.abs(x))))), smallestNormal);
    const squares = tensors.map((x) => tf.sum(tf.square(tf.div(x, largest))));
    return tf.mul(largest, tf.sqrt(tf.addN(squares)));
  });
  const [value = Number.NaN] = await norm.data();
  norm.dispose();
  return value;
}

/** Replaces the parameter and its moments by their updated values. */
export function applyAdamW(
  tf: TensorFlow,
  state: DeviceParameter,
  gradient: Tensor,
  { beta1, beta2 }: UpdateOptions,
  { gradientScale, rate, epsilon, keep }: AdamWCoefficients,
): void {
  const { parameter, firstMoment, secondMoment } = state;
  const [p, m, v] = tf.tidy(() => {
    const g = tf.mul(gradient, gradientScale);
    const mean = tf.add(tf.mul(firstMoment, beta1), tf.mul(g, 1 - beta1));
    const square = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(g), 1 - beta2));
    const step = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon));
    return [tf.sub(tf.mul(parameter, keep), step), mean, square];
  }) as [Tensor, Tensor, Tensor];
  for (const old of [parameter, firstMoment, secondMoment]) old.dispose();
  [state.parameter, state.firstMoment, state.secondMoment] = [tf.keep(p), tf.keep(m), tf.keep(v)];
}
