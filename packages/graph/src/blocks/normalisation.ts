// Normalisations with hand-written gradients. All read x once for each statistic and once to apply it; the backward pass
// works on the normalised values alone.

import { add, mul, rsqrt, square, sub } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { mean } from '../ops/reduction.js';
import { reshape } from '../ops/movement.js';
import type { Value } from '../value.js';

/** `x / √(mean(x²) + ε) · weight` as in Llama (Zhang & Sennrich 2019). Shapes: x […, D], weight [D]. */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  const rows = { axes: [-1], keepDims: true } as const;
  const inverse = rsqrt(add(mean(square(x), rows), epsilon));
  const y = mul(x, inverse);
  // dx = (dy - y·mean(dy·y)) / rms
  const normalised = customGradient('rmsNorm', [x], y, (dy) => [mul(inverse, sub(dy, mul(y, mean(mul(dy, y), rows))))]);
  return mul(normalised, weight);
}

export interface Standardised {
  /** `(x - mean) / √(variance + ε)`. */
  readonly value: Value;
  /** With reduced axes of length one; both carry no gradient of their own. */
  readonly mean: Value;
  /** Of the whole population (divided by the count). */
  readonly variance: Value;
}

/** Zero mean and unit variance over the given axes: layer, batch, group and instance norms before their affine part. */
export function standardise(x: Value, axes: readonly number[], epsilon: number): Standardised {
  const over = { axes, keepDims: true } as const;
  const centre = mean(x, over);
  const centred = sub(x, centre);
  const variance = mean(square(centred), over);
  const inverse = rsqrt(add(variance, epsilon));
  const y = mul(centred, inverse);
  // dx = (dy - mean(dy) - y·mean(dy·y)) / std
  const value = customGradient('standardise', [x], y, (dy) => [
    mul(inverse, sub(sub(dy, mean(dy, over)), mul(y, mean(mul(dy, y), over)))),
  ]);
  return { value, mean: centre, variance };
}

/** Over the last axis (Ba, Kiros & Hinton 2016). Shapes: x […, D], weight and bias [D]. */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return add(mul(standardise(x, [-1], epsilon).value, weight), bias);
}

/** All [C]. */
export interface ChannelStatistics {
  readonly mean: Value;
  /** Of the whole population (divided by the count); torch keeps running averages of it times n/(n - 1). */
  readonly variance: Value;
}

/**
 * By the statistics of the batch, over every axis but the second (Ioffe & Szegedy 2015). Shapes: x [N, C, …], weight
 * and bias [C].
 */
export function batchNorm(
  x: Value,
  weight: Value,
  bias: Value,
  epsilon: number,
): { readonly value: Value } & ChannelStatistics {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const { value, mean, variance } = standardise(x, axes, epsilon);
  const [channels = 1] = weight.shape;
  return {
    value: channelAffine(value, weight, bias),
    mean: reshape(mean, [channels]),
    variance: reshape(variance, [channels]),
  };
}

/** `batchNorm` by given statistics, such as running averages: one multiplication and one addition a value. All [C]. */
export function frozenBatchNorm(
  x: Value,
  weight: Value,
  bias: Value,
  statistics: ChannelStatistics,
  epsilon: number,
): Value {
  const factor = mul(weight, rsqrt(add(statistics.variance, epsilon)));
  return channelAffine(x, factor, sub(bias, mul(statistics.mean, factor)));
}

/** `x · weight + bias` for each channel. */
function channelAffine(x: Value, weight: Value, bias: Value): Value {
  const perChannel = (value: Value) => reshape(value, [-1, ...x.shape.slice(2).map(() => 1)]);
  return add(mul(x, perChannel(weight)), perChannel(bias));
}
