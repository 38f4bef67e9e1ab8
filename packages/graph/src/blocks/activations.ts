// Gated-unit activations with hand-written gradients: fewer passes over memory than the derivative of their parts.

import { add, erf, exp, mul, sigmoid, square, sub } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import type { Value } from '../value.js';

/** `x · sigmoid(x)` (SiLU, swish). */
export function silu(x: Value): Value {
  const gate = sigmoid(x);
  const y = mul(x, gate);
  // d/dx = s + x·s·(1 - s) = s + y - y·s
  return customGradient('silu', [x], y, (dy) => [mul(dy, add(gate, sub(y, mul(y, gate))))]);
}

/** `x · Φ(x)`, Φ the normal distribution (Hendrycks & Gimpel 2016): Hugging Face's `gelu`. */
export function gelu(x: Value): Value {
  const cdf = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5);
  return customGradient('gelu', [x], mul(x, cdf), (dy) => {
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [mul(dy, add(cdf, mul(x, density)))];
  });
}

/**
 * The tanh approximation of GELU, `x/2 · (1 + tanh(√(2/π)·(x + 0.044715 x³)))`: Hugging Face's `gelu_new` and
 * `gelu_pytorch_tanh`. Computed as `x · sigmoid(2u)`, which is the same function in fewer passes.
 */
export function geluTanh(x: Value): Value {
  const linear = 2 * Math.sqrt(2 / Math.PI);
  const cubic = linear * 0.044715;
  const x2 = square(x);
  const gate = sigmoid(mul(x, add(mul(x2, cubic), linear)));
  const y = mul(x, gate);
  return customGradient('geluTanh', [x], y, (dy) => {
    const slope = add(mul(x2, 3 * cubic), linear);
    return [mul(dy, add(gate, mul(sub(y, mul(y, gate)), slope)))];
  });
}
