// Recomputation (gradient checkpointing; Chen et al. 2016, "Training deep nets with sublinear memory cost"): a block
// whose activations are computed again in the backward pass instead of being kept. The second forward must not be the
// first one found again, nor run before it is needed, nor outlive its use: three things that only data dependencies can
// say to every executor, ONNX Runtime's own common-subexpression elimination and scheduling included.

import { gradients } from '../gradients.js';
import { abs, add, minimum } from '../ops/arithmetic.js';
import { customGradient, stopGradient } from '../ops/differentiation.js';
import { concat, reshape, slice } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import { ShapeError } from '../shape.js';
import type { Primitive, Value } from '../value.js';

/**
 * `block(...inputs)`, of which only the inputs are kept for the backward pass. The block may use any other values, such
 * as weights; gradients reach them too. It is called again for the backward pass and must build the same expression
 * (`gradients` throws when it does not). Gradients are those of the plain block. Costs one more forward of the block.
 * Throws ShapeError unless the inputs are f32.
 */
export function recompute(inputs: readonly Value[], block: (...inputs: Value[]) => Value): Value {
  const [first] = inputs;
  const wrong = inputs.find(({ dtype }) => dtype !== 'f32');
  if (!first || wrong) throw new ShapeError(`recompute: needs f32 inputs, got ${wrong ? wrong.dtype : 'none'}`);
  const start = first.graph.nextId;
  const result = block(...inputs);
  const captured = givenValues(result, new Set(inputs), start);
  return customGradient('recompute', [...inputs, ...captured], result, (cotangent) => {
    const again = inputs.map((input) => after(input, [cotangent]));
    const second = block(...again);
    if (givenValues(second, new Set(again), start).some((value) => !captured.includes(value))) {
      throw new Error('recompute: the block used other values when called again; use inputs by its arguments only');
    }
    const found: readonly Value[] = gradients(second, [...again, ...captured], cotangent);
    const [toInputs, toCaptured] = [found.slice(0, inputs.length), found.slice(inputs.length)];
    // What comes before this block waits for the gradients of its weights, so that its activations go first.
    return [...toInputs.map((gradient) => after(gradient, toCaptured)), ...toCaptured];
  });
}

/** The f32 values older than `start` that `result` uses directly and a gradient may flow into, other than the inputs. */
function givenValues(result: Value, inputs: ReadonlySet<Value>, start: number): Value[] {
  const given = new Set<Value>();
  const seen = new Set<Value>();
  const pending = [result];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (seen.has(value) || inputs.has(value)) continue;
    seen.add(value);
    if (value.id >= start) pending.push(...value.inputs);
    else if (value.dtype === 'f32' && !takesNoGradient.has(value.primitive)) given.add(value);
  }
  return [...given].sort((a, b) => a.id - b.id);
}

const takesNoGradient: ReadonlySet<Primitive> = new Set(['constant', 'stopGradient']);

/** `x`, not before the others are known: it grows by the smaller of zero and a size made of one element of each. */
function after(x: Value, others: readonly Value[]): Value {
  if (others.length === 0) return x;
  const elements = others.map((other) => slice(reshape(stopGradient(other), [-1]), 0, 0, 1));
  return add(x, minimum(abs(sum(concat(elements, 0))), 0));
}
