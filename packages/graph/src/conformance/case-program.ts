// Turns an expression into a program that returns its value, a scalar loss over it and the gradients of every real
// input, with deterministic numbers to feed.

import { gradients } from '../gradients.js';
import { GraphBuilder } from '../graph-builder.js';
import { cast, mul } from '../ops/arithmetic.js';
import { sum } from '../ops/reduction.js';
import { gradientOutput } from '../program.js';
import type { Program } from '../program.js';
import { sizeOf } from '../shape.js';
import type { Value } from '../value.js';
import type { CaseNumbers, ConformanceCase } from './conformance-case.js';

export interface CaseProgram {
  readonly program: Program;
  /** Numbers for every input of the program, by name. */
  readonly feeds: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** Mulberry32: a full-period 32-bit generator, uniform in [0, 1). */
export function uniformNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function draw(numbers: CaseNumbers, length: number, random: () => number): Float32Array | Int32Array {
  if (typeof numbers === 'number') return Int32Array.from({ length }, () => Math.floor(random() * numbers));
  if (numbers === 'small') return Float32Array.from({ length }, () => 1.2 * random() - 0.6);
  return Float32Array.from({ length }, () => {
    const magnitude = 0.3 + 1.2 * random();
    return numbers === 'real' && random() < 0.5 ? -magnitude : magnitude;
  });
}

/** The name of the input that holds the weights of the loss. */
export const cotangentInput = 'cotangent';

/**
 * Builds an expression over inputs `x0`, `x1`, …; outputs `value`, `loss`, which is Σ value · cotangent with uneven
 * weights, so that a gradient in the wrong place is noticed, and the gradients.
 */
export function buildCaseProgram({ inputs, build }: ConformanceCase, seed = 1): CaseProgram {
  const random = uniformNumbers(seed);
  const graph = new GraphBuilder();
  const values = inputs.map(([numbers, shape], i) =>
    typeof numbers === 'number' ? graph.input(`x${i}`, 'i32', shape) : graph.parameter(`x${i}`, shape),
  );
  const feeds = Object.fromEntries(
    inputs.map(([numbers, shape], i) => [`x${i}`, draw(numbers, sizeOf(shape), random)] as const),
  );
  const value = build(...values);
  const outputs: Record<string, Value> = { value: cast(value, 'f32') };
  if (value.dtype === 'f32') {
    feeds[cotangentInput] = draw('real', sizeOf(value.shape), random);
    const loss = sum(mul(value, graph.input(cotangentInput, 'f32', value.shape)));
    outputs.loss = loss;
    const reals = values.filter(({ dtype }) => dtype === 'f32');
    gradients(loss, reals).forEach((gradient, i) => {
      const real = reals[i];
      if (real) outputs[gradientOutput(real.attributes.name)] = gradient;
    });
  }
  const program = graph.build({ outputs });
  const fed = new Set(program.inputs.map(({ name }) => name));
  return { program, feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => fed.has(name))) };
}
