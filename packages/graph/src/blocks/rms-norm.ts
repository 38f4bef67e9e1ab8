// Root-mean-square normalisation (Zhang & Sennrich 2019) as in Llama: `x / √(mean(x²) + ε) · weight`.

import { add, mul, rsqrt, square, sub } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { mean } from '../ops/reduction.js';
import type { Value } from '../value.js';

const rows = { axes: [-1], keepDims: true } as const;

/** Shapes: x […, D], weight [D]. `epsilon` is added to the mean square. */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  return mul(normalised(x, epsilon), weight);
}

function normalised(x: Value, epsilon: number): Value {
  const inverse = rsqrt(add(mean(square(x), rows), epsilon));
  const y = mul(x, inverse);
  // dx = (dy - y·mean(dy·y)) / rms
  return customGradient('rmsNorm', [x], y, (dy) => [mul(inverse, sub(dy, mul(y, mean(mul(dy, y), rows))))]);
}
