// Elementwise arithmetic, functions, comparisons and selection. Operands broadcast as in NumPy; a plain number stands for
// a constant. All throw ShapeError for shapes that do not broadcast or for element types that do not fit.

import { invariant } from '@preheat/contracts';
import { ShapeError } from '../shape.js';
import { isA, operand } from '../value.js';
import type { DType, UnaryPrimitive, Value } from '../value.js';
import { binary, coerce, emitElementwise, expectType, negate } from './elementwise.js';
import type { Operand } from './elementwise.js';

export const add = (a: Operand, b: Operand): Value => binary('add', a, b);
export const sub = (a: Operand, b: Operand): Value => binary('sub', a, b);
export const mul = (a: Operand, b: Operand): Value => binary('mul', a, b);
export const div = (a: Operand, b: Operand): Value => binary('div', a, b);
/** The larger one; where they are equal the gradient goes to `a`. */
export const maximum = (a: Operand, b: Operand): Value => binary('maximum', a, b);
/** The smaller one; where they are equal the gradient goes to `a`. */
export const minimum = (a: Operand, b: Operand): Value => binary('minimum', a, b);
/** `min(max(x, low), high)`; the gradient is one inside and at the bounds. */
export const clip = (x: Value, low: number, high: number): Value => minimum(maximum(x, low), high);

const unary = (primitive: UnaryPrimitive) => (x: Value) => {
  expectType(primitive, x, 'f32');
  return emitElementwise(primitive, [x], 'f32');
};

export const neg = negate;
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
export const reciprocal = unary('reciprocal');
export const tanh = unary('tanh');
export const sigmoid = unary('sigmoid');
/** `log(1 + eˣ)`, without overflow; `-softplus(-x)` is `log sigmoid(x)`. */
export const softplus = unary('softplus');
/** `max(x, 0)`, with gradient 0 at 0. */
export const relu = unary('relu');
/** The error function. */
export const erf = unary('erf');
/** `|x|`, with gradient 0 at 0. */
export const abs = unary('abs');
/** -1, 0 or 1; no gradient. */
export const sign = unary('sign');
/** The largest whole number not above; no gradient. */
export const floor = unary('floor');
export const sin = unary('sin');
export const cos = unary('cos');
export const square = (x: Value): Value => mul(x, x);
export const rsqrt = (x: Value): Value => reciprocal(sqrt(x));

const comparison = (primitive: 'equal' | 'less' | 'lessEqual') => (a: Operand, b: Operand) =>
  emitElementwise(primitive, coerce(primitive, [a, b]), 'bool');

/** Comparisons give `bool` and carry no gradient. */
export const equal = comparison('equal');
export const less = comparison('less');
export const lessEqual = comparison('lessEqual');
export const greater = (a: Operand, b: Operand): Value => less(b, a);
export const greaterEqual = (a: Operand, b: Operand): Value => lessEqual(b, a);

const logical = (primitive: 'and' | 'or') => (a: Value, b: Value) => {
  for (const x of [a, b]) expectType(primitive, x, 'bool');
  return emitElementwise(primitive, [a, b], 'bool');
};

export const and = logical('and');
export const or = logical('or');
export const not = (x: Value): Value => {
  expectType('not', x, 'bool');
  return emitElementwise('not', [x], 'bool');
};

/** `a` where the condition holds, else `b`. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  expectType('where', condition, 'bool');
  const [x, y] =
    typeof a === 'number' && typeof b === 'number'
      ? [condition.graph.scalar(a), condition.graph.scalar(b)]
      : coerce('where', [a, b]);
  invariant(x && y, 'where has two choices');
  return emitElementwise('where', [condition, x, y], x.dtype);
}

/** Converts the element type: to `i32` truncates towards zero, to `bool` asks for non-zero, `bool` becomes 0 or 1. */
export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  if (isA(x, 'constant') && dtype !== 'bool') {
    const data = dtype === 'f32' ? Float32Array.from(x.attributes.data) : Int32Array.from(x.attributes.data);
    return x.graph.emit('constant', [], { data }, dtype, x.shape);
  }
  if (isA(x, 'cast') && operand(x, 0).dtype === 'bool' && dtype === 'bool') return operand(x, 0);
  return emitElementwise('cast', [x], dtype);
}

/** `x - ⌊x/y⌋·y`: the remainder with the sign of the divisor, as Python's `%`; its gradient holds the quotient fixed. */
export const mod = (x: Value, y: Operand): Value => sub(x, mul(floor(div(x, y)), y));

/** `xⁿ` for a small whole power or ±½. Throws ShapeError for any other exponent. */
export function pow(x: Value, exponent: number): Value {
  if (exponent === 0.5) return sqrt(x);
  if (exponent === -0.5) return rsqrt(x);
  if (!Number.isInteger(exponent) || exponent === 0 || Math.abs(exponent) > 8) {
    throw new ShapeError(`pow: exponent ${exponent} is not ±1 … ±8 or ±0.5; write exp(mul(log(x), ${exponent}))`);
  }
  let power = x;
  for (let n = 1; n < Math.abs(exponent); n++) power = mul(power, x);
  return exponent < 0 ? reciprocal(power) : power;
}
