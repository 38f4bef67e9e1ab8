// AdamW and the global gradient norm as TensorFlow.js operations, so that parameters never leave the device. All tensors
// here are vectors: buckets of update-buckets.ts.

import type { AdamWCoefficients } from '../adamw.js';
import type { UpdateOptions } from '../executor.js';
import type { Tensor, TensorFlow } from './tensorflow.js';

/** A bucket's numbers under AdamW. */
export interface AdamWVectors {
  readonly parameter: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

/** The smallest normal float32: divides a zero gradient without making NaN. */
const smallestNormal = 2 ** -126;

/** Sums of squares in this range lost nothing to overflow, and nothing that counts to underflow. */
const [smallestSafe, largestSafe] = [1e-24, 1e36];

/** Euclidean norm of all tensors together, read back to the host. NaN or infinite when an element is. */
export async function globalNorm(tf: TensorFlow, tensors: readonly Tensor[]): Promise<number> {
  if (tensors.length === 0) return 0;
  const sum = await readScalar(tf.tidy(() => tf.addN(tensors.map((x) => tf.sum(tf.square(x))))));
  return sum >= smallestSafe && sum <= largestSafe ? Math.sqrt(sum) : scaledNorm(tf, tensors);
}

/** Divides by the largest element before squaring, so that no finite gradient overflows. */
function scaledNorm(tf: TensorFlow, tensors: readonly Tensor[]): Promise<number> {
  return readScalar(
    tf.tidy(() => {
      const largest = tf.maximum(tf.max(tf.stack(tensors.map((x) => tf.max(tf.abs(x))))), smallestNormal);
      const squares = tensors.map((x) => tf.sum(tf.square(tf.div(x, largest))));
      return tf.mul(largest, tf.sqrt(tf.addN(squares)));
    }),
  );
}

async function readScalar(tensor: Tensor): Promise<number> {
  const [value = Number.NaN] = await tensor.data();
  tensor.dispose();
  return value;
}

/** The updated vectors, kept and owned by the caller; the old ones are as before. */
export function adamwStep(
  tf: TensorFlow,
  { parameter, firstMoment, secondMoment }: AdamWVectors,
  gradient: Tensor,
  { beta1, beta2 }: UpdateOptions,
  { gradientScale, rate, epsilon, keep }: AdamWCoefficients,
): AdamWVectors {
  const [p, m, v] = tf.tidy(() => {
    const g = gradientScale === 1 ? gradient : tf.mul(gradient, gradientScale);
    const mean = tf.add(tf.mul(firstMoment, beta1), tf.mul(g, 1 - beta1));
    const square = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(g), 1 - beta2));
    const step = tf.div(tf.mul(mean, rate), tf.add(tf.sqrt(square), epsilon));
    return [tf.sub(keep === 1 ? parameter : tf.mul(parameter, keep), step), mean, square];
  }) as [Tensor, Tensor, Tensor];
  return { parameter: tf.keep(p), firstMoment: tf.keep(m), secondMoment: tf.keep(v) };
}

/** `average + rate · (parameter - average)`, kept and owned by the caller. */
export function movingAverage(tf: TensorFlow, average: Tensor, parameter: Tensor, rate: number): Tensor {
  return tf.keep(tf.tidy(() => tf.add(average, tf.mul(tf.sub(parameter, average), rate))));
}
