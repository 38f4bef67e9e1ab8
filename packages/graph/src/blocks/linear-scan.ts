// The linear recurrence of state-space models, `h(t) = a(t)·h(t-1) + b(t)` from h(-1) = 0, in two forms: step by step,
// and by doubling (Hillis & Steele 1986; Smith et al. 2023, S5, appendix H), which is ⌈log₂ T⌉ passes over whole tensors.

import { add, mul, sub } from '../ops/arithmetic.js';
import { concat, pad, slice } from '../ops/movement.js';
import { lengthOf, resolveAxis, ShapeError, formatShape, sameShape } from '../shape.js';
import type { Value } from '../value.js';

/** A tensor of complex numbers; a real recurrence has no imaginary parts. */
export interface Complex {
  readonly real: Value;
  readonly imaginary?: Value;
}

function multiply(a: Complex, b: Complex): Complex {
  if (!a.imaginary || !b.imaginary) return { real: mul(a.real, b.real) };
  return {
    real: sub(mul(a.real, b.real), mul(a.imaginary, b.imaginary)),
    imaginary: add(mul(a.real, b.imaginary), mul(a.imaginary, b.real)),
  };
}

function plus(a: Complex, b: Complex): Complex {
  if (!a.imaginary || !b.imaginary) return { real: add(a.real, b.real) };
  return { real: add(a.real, b.real), imaginary: add(a.imaginary, b.imaginary) };
}

function each({ real, imaginary }: Complex, f: (x: Value) => Value): Complex {
  return { real: f(real), ...(imaginary && { imaginary: f(imaginary) }) };
}

/** Both real or both complex, of one shape; the axis resolved. */
function checkOperands(a: Complex, b: Complex, axis: number): number {
  const isOneKind = (a.imaginary === undefined) === (b.imaginary === undefined);
  if (!isOneKind || !sameShape(a.real.shape, b.real.shape)) {
    const shapes = `${formatShape(a.real.shape)} and ${formatShape(b.real.shape)}`;
    throw new ShapeError(
      `linearScan: decay and input must have one shape and both or neither be complex, got ${shapes}`,
    );
  }
  return resolveAxis(a.real.shape, axis, 'linearScan');
}

/** All states along `axis`, in ⌈log₂ T⌉ passes. Throws ShapeError unless decay and input have one shape. */
export function linearScan(decay: Complex, input: Complex, axis: number): Complex {
  const along = checkOperands(decay, input, axis);
  const length = lengthOf(input.real.shape, along);
  let [a, h] = [decay, input];
  for (let distance = 1; distance < length; distance *= 2) {
    const later = (x: Value) => pad(slice(x, along, 0, length - distance), along, distance, 0);
    // Before the beginning there is no state: zeros shifted in end the product there.
    h = plus(h, multiply(a, each(h, later)));
    a = multiply(a, each(a, later));
  }
  return h;
}

/** The same states one step after another: less work and memory traffic for a few steps, T nodes for many. */
export function sequentialScan(decay: Complex, input: Complex, axis: number): Complex {
  const along = checkOperands(decay, input, axis);
  const at = (x: Complex, t: number) => each(x, (part) => slice(part, along, t, t + 1));
  const states = [at(input, 0)];
  for (let t = 1; t < lengthOf(input.real.shape, along); t++) {
    states.push(plus(at(input, t), multiply(at(decay, t), states[t - 1] as Complex)));
  }
  const join = (part: (x: Complex) => Value | undefined) => states.flatMap((state) => part(state) ?? []);
  const imaginary = join((state) => state.imaginary);
  return {
    real: concat(
      join((state) => state.real),
      along,
    ),
    ...(imaginary.length > 0 && { imaginary: concat(imaginary, along) }),
  };
}
