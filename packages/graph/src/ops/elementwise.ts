// The machinery under every elementwise operation: operand coercion, type checks, lazy broadcasting and the local
// algebra that keeps programs small. The rules change a result by rounding at most (a division by a constant becomes a
// multiplication); none of them drops a NaN.

import { invariant } from '@preheat/contracts';
import { broadcastShapes, formatShape, sameShape, ShapeError } from '../shape.js';
import { constantScalar, isA, operand } from '../value.js';
import type { BinaryPrimitive, DType, Primitive, PrimitiveAttributes, Value } from '../value.js';
import { broadcastTo, joinPads, physical } from './movement.js';

/** A tensor, or a number standing for a constant of the other operand's type. */
export type Operand = Value | number;

type ElementwisePrimitive = {
  [P in Primitive]: PrimitiveAttributes[P] extends PrimitiveAttributes['add'] ? P : never;
}[Primitive];

/** Emits `primitive` on what physically exists and restores the broadcast shape outside. */
export function emitElementwise(
  primitive: ElementwisePrimitive,
  operands: readonly Value[],
  dtype: DType,
  simplify: (operands: readonly Value[]) => Value | undefined = () => undefined,
): Value {
  const [first] = operands;
  invariant(first, `${primitive} has no operands`);
  const logical = broadcastShapes(
    operands.map(({ shape }) => shape),
    primitive,
  );
  const sources = operands.map(physical);
  const shape = broadcastShapes(
    sources.map((source) => source.shape),
    primitive,
  );
  const simpler = simplify(sources);
  // A rule may return an operand, which is smaller than the result when the other one repeats it.
  if (simpler) return broadcastTo(simpler, logical);
  const result = first.graph.emit(primitive, sources, {}, dtype, shape);
  return sameShape(shape, logical) ? result : broadcastTo(result, logical);
}

/** Turns numbers into constants of the type of the operands that are values. Throws when none is. */
export function coerce(primitive: Primitive, operands: readonly Operand[]): Value[] {
  const example = operands.find((x): x is Value => typeof x !== 'number');
  if (!example) throw new ShapeError(`${primitive}: at least one operand must be a value of a graph`);
  const { graph, dtype } = example;
  if (dtype === 'bool') throw new ShapeError(`${primitive}: operands are numbers, got bool; cast first`);
  const values = operands.map((x) => (typeof x === 'number' ? graph.scalar(x, dtype) : x));
  const other = values.find((value) => value.dtype !== dtype);
  if (other) throw new ShapeError(`${primitive}: operands have types ${dtype} and ${other.dtype}; cast one of them`);
  return values;
}

/** Throws ShapeError unless `x` has the element type that the operation needs. */
export function expectType(primitive: Primitive, x: Value, dtype: DType): void {
  if (x.dtype !== dtype) {
    throw new ShapeError(`${primitive}: expected ${dtype}, got ${x.dtype} of shape ${formatShape(x.shape)}`);
  }
}

const arithmetic: Record<BinaryPrimitive, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
};

/** Emits a simplified arithmetic operation of two operands. */
export function binary(primitive: BinaryPrimitive, a: Operand, b: Operand): Value {
  const operands = coerce(primitive, [a, b]);
  const dtype = operands[0]?.dtype ?? 'f32';
  if (primitive === 'div' && dtype !== 'f32')
    throw new ShapeError('div: integer division is not provided; cast to f32');
  return emitElementwise(primitive, operands, dtype, ([x, y]) =>
    x && y && dtype === 'f32' ? (fold(primitive, x, y) ?? rules[primitive]?.(x, y)) : undefined,
  );
}

function fold(primitive: BinaryPrimitive, x: Value, y: Value): Value | undefined {
  const [a, b] = [constantScalar(x), constantScalar(y)];
  if (a === undefined || b === undefined) return undefined;
  return x.graph.scalar(Math.fround(arithmetic[primitive](a, b)));
}

/** Emits `-x`, pushing the sign into whatever can absorb it. */
export function negate(x: Value): Value {
  expectType('neg', x, 'f32');
  return emitElementwise('neg', [x], 'f32', ([source]) => (source ? negated(source) : undefined));
}

function negated(x: Value): Value | undefined {
  const constant = constantScalar(x);
  if (constant !== undefined) return x.graph.scalar(-constant);
  if (isA(x, 'neg')) return operand(x, 0);
  if (isA(x, 'sub')) return binary('sub', operand(x, 1), operand(x, 0));
  const factor = isA(x, 'mul') ? constantScalar(operand(x, 1)) : undefined;
  return factor === undefined ? undefined : binary('mul', operand(x, 0), -factor);
}

/** What `x` negates, or `undefined`. */
function negand(x: Value): Value | undefined {
  return isA(x, 'neg') ? operand(x, 0) : undefined;
}

type Rule = (x: Value, y: Value) => Value | undefined;

function simplerAdd(x: Value, y: Value): Value | undefined {
  if (constantScalar(y) === 0) return x;
  if (constantScalar(x) !== undefined) return binary('add', y, x);
  const [minusX, minusY] = [negand(x), negand(y)];
  if (minusY) return binary('sub', x, minusY);
  if (minusX) return binary('sub', y, minusX);
  return joinPads(x, y);
}

function simplerSub(x: Value, y: Value): Value | undefined {
  if (constantScalar(y) === 0) return x;
  if (constantScalar(x) === 0) return negate(y);
  const minusY = negand(y);
  return minusY ? binary('add', x, minusY) : undefined;
}

function simplerMul(x: Value, y: Value): Value | undefined {
  if (constantScalar(x) !== undefined) return binary('mul', y, x);
  const [minusX, minusY] = [negand(x), negand(y)];
  if (minusX && minusY) return binary('mul', minusX, minusY);
  const factor = constantScalar(y);
  if (factor === undefined) return undefined;
  if (factor === 1) return x;
  if (factor === -1) return negate(x);
  if (minusX) return binary('mul', minusX, -factor);
  const inner = isA(x, 'mul') ? constantScalar(operand(x, 1)) : undefined;
  return inner === undefined ? undefined : binary('mul', operand(x, 0), Math.fround(inner * factor));
}

function simplerDiv(x: Value, y: Value): Value | undefined {
  const divisor = constantScalar(y);
  if (divisor !== undefined) return binary('mul', x, Math.fround(1 / divisor));
  return constantScalar(x) === 1 ? emitElementwise('reciprocal', [y], 'f32') : undefined;
}

const rules: Partial<Record<BinaryPrimitive, Rule>> = {
  add: simplerAdd,
  sub: simplerSub,
  mul: simplerMul,
  div: simplerDiv,
};
