// Reverse-mode differentiation. Cotangents are ordinary graph values, so a gradient can be differentiated again.

import { applyGradientRule } from './gradient-rules.js';
import { add } from './ops/arithmetic.js';
import { broadcastTo, reshape } from './ops/movement.js';
import { sum } from './ops/reduction.js';
import { formatShape, sameShape, ShapeError } from './shape.js';
import type { Shape } from './shape.js';
import { isA } from './value.js';
import type { Value } from './value.js';

/** As many values as `T` has elements. */
type EachAValue<T extends readonly unknown[]> = { -readonly [K in keyof T]: Value };

/**
 * The gradients of `of` with respect to each of `wrt`, in order and of the same shapes. A value that `of` does not
 * depend on gets zeros. Without `seed`, `of` must be a scalar; with it, the result is the product seedᵀ·Jacobian.
 *
 * Throws ShapeError when `of` is not an f32 scalar (or `seed` not of its shape), or `wrt` holds a value that is not f32.
 */
export function gradients<const T extends readonly Value[]>(of: Value, wrt: T, seed?: Value): EachAValue<T> {
  checkArguments(of, wrt, seed);
  const active = dependents(of, new Set(wrt));
  const cotangents = new Map<Value, Value>([[of, seed ?? of.graph.scalar(1)]]);
  // Users come before operands: ids only grow along the edges of the graph.
  for (const value of [...active].sort((a, b) => b.id - a.id)) {
    const cotangent = cotangents.get(value);
    if (cotangent) propagate(value, cotangent, active, cotangents);
  }
  const found = wrt.map((value) => cotangents.get(value) ?? broadcastTo(of.graph.scalar(0), value.shape));
  return found as EachAValue<T>;
}

function checkArguments(of: Value, wrt: readonly Value[], seed: Value | undefined): void {
  if (of.dtype !== 'f32' || !sameShape(seed?.shape ?? [], of.shape)) {
    const expected = seed ? `a seed of shape ${formatShape(of.shape)}` : 'an f32 scalar (sum or average the losses)';
    throw new ShapeError(`gradients: expected ${expected}, got ${of.dtype} ${formatShape((seed ?? of).shape)}`);
  }
  const bad = wrt.find((value) => value.dtype !== 'f32');
  if (bad) throw new ShapeError(`gradients: cannot differentiate with respect to a ${bad.dtype} value`);
}

/** The operands through which a gradient flows; a custom block hides the nodes it was computed by. */
function differentiable(value: Value): readonly Value[] {
  if (isA(value, 'stopGradient')) return [];
  return isA(value, 'customGradient') ? value.inputs.slice(1) : value.inputs;
}

/** The values that `of` uses and that use any of `wrt`: the only ones whose cotangents matter. */
function dependents(of: Value, wrt: ReadonlySet<Value>): ReadonlySet<Value> {
  const reached = new Set<Value>();
  const pending = [of];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (reached.has(value) || value.dtype !== 'f32') continue;
    reached.add(value);
    pending.push(...differentiable(value));
  }
  const active = new Set<Value>();
  for (const value of [...reached].sort((a, b) => a.id - b.id)) {
    if (wrt.has(value) || differentiable(value).some((input) => active.has(input))) active.add(value);
  }
  return active;
}

function propagate(value: Value, cotangent: Value, active: ReadonlySet<Value>, cotangents: Map<Value, Value>): void {
  const contributions = contributionsTo(value, cotangent);
  differentiable(value).forEach((input, index) => {
    if (!active.has(input)) return;
    const contribution = contributions[index]?.();
    if (!contribution) return;
    const own = unbroadcast(contribution, input.shape);
    const known = cotangents.get(input);
    cotangents.set(input, known ? add(known, own) : own);
  });
}

/** One thunk for each differentiable operand, so that unwanted gradients are never built. */
function contributionsTo(value: Value, cotangent: Value): readonly ((() => Value) | undefined)[] {
  if (!isA(value, 'customGradient')) return applyGradientRule(value, cotangent);
  const cotangentOfInputs = value.attributes.backward(cotangent);
  return cotangentOfInputs.map((contribution) => contribution && (() => contribution));
}

/** Adds up what broadcasting repeated. */
function unbroadcast(cotangent: Value, shape: Shape): Value {
  if (sameShape(cotangent.shape, shape)) return cotangent;
  const leading = cotangent.shape.length - shape.length;
  const axes = cotangent.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < leading || (shape[axis - leading] === 1 && cotangent.shape[axis] !== 1));
  return reshape(sum(cotangent, { axes }), shape);
}
