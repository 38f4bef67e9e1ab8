// Gradients against central finite differences of the float64 reference: every primitive, every block, second order.

import { describe, expect, it } from 'vitest';
import { buildCaseProgram } from './conformance/case-program.js';
import { blockCases } from './conformance/block-cases.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { primitiveCases } from './conformance/primitive-cases.js';
import { programCases } from './conformance/program-cases.js';
import { evaluateProgram, gradientOf, gradients, GraphBuilder, ops, ShapeError } from './index.js';
import type { Value } from './index.js';

const step = 1e-5;

/**
 * Largest difference between a program's gradients and central differences of its loss, at no more than `limit`
 * elements of each input.
 */
function worstGradientError(example: ConformanceCase, limit = Infinity): number {
  const { program, feeds } = buildCaseProgram(example);
  const outputs = evaluateProgram(program, feeds);
  const lossAt = (name: string, index: number, shift: number) => {
    const moved = Float64Array.from(feeds[name] ?? []);
    moved[index] = (moved[index] ?? 0) + shift;
    return evaluateProgram(program, { ...feeds, [name]: moved }).loss?.[0] ?? Number.NaN;
  };
  let worst = 0;
  for (const [output, gradient] of Object.entries(outputs)) {
    const name = gradientOf(output);
    if (name === undefined || !feeds[name]) continue;
    const stride = Math.ceil(gradient.length / limit);
    gradient.forEach((analytic, index) => {
      if (index % stride > 0) return;
      const numeric = (lossAt(name, index, step) - lossAt(name, index, -step)) / (2 * step);
      worst = Math.max(worst, Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric)));
    });
  }
  return worst;
}

describe('gradients agree with finite differences', () => {
  for (const [name, examples] of Object.entries({ ...primitiveCases, ...blockCases })) {
    it(name, () => {
      for (const example of examples) expect(worstGradientError(example)).toBeLessThan(1e-7);
    });
  }
  for (const [name, examples] of Object.entries(programCases)) {
    it(name, () => {
      for (const example of examples) expect(worstGradientError(example, 6)).toBeLessThan(1e-7);
    });
  }
});

describe('gradients of gradients agree with finite differences', () => {
  /** Replaces an expression by the gradient of a scalar made from it. */
  const differentiated = ({ inputs, build }: ConformanceCase): ConformanceCase => ({
    inputs,
    build: (...values) => {
      const y = ops.cast(build(...values), 'f32');
      const [gradient] = gradients(ops.sum(ops.mul(y, ops.sigmoid(y))), [values[0] as Value]);
      return gradient;
    },
  });
  const differentiable = ([example]: readonly ConformanceCase[]) =>
    example && example.inputs[0] && typeof example.inputs[0][0] !== 'number' ? [differentiated(example)] : [];
  for (const [name, examples] of Object.entries({ ...primitiveCases, ...blockCases })) {
    for (const example of differentiable(examples)) {
      it(name, () => expect(worstGradientError(example)).toBeLessThan(1e-6));
    }
  }
});

describe('gradients', () => {
  it('are zero for a parameter that the loss does not use', () => {
    const graph = new GraphBuilder();
    const [x, unused] = [graph.parameter('x', [2]), graph.parameter('unused', [3])];
    const [, zero] = gradients(ops.sum(x), [x, unused]);
    const program = graph.build({ outputs: { zero } });
    expect(evaluateProgram(program, {}).zero).toEqual(Float64Array.of(0, 0, 0));
  });

  it('stop at stopGradient', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', []);
    const [gradient] = gradients(ops.mul(x, ops.stopGradient(ops.square(x))), [x]);
    const program = graph.build({ outputs: { gradient } });
    expect(evaluateProgram(program, { x: [3] }).gradient).toEqual(Float64Array.of(9));
  });

  it('flow through an intermediate value asked for by itself', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', []);
    const y = ops.square(x);
    const found = gradients(ops.exp(y), [y, x]);
    const program = graph.build({ outputs: { dy: found[0], dx: found[1] } });
    const e = Math.exp(4);
    expect(evaluateProgram(program, { x: [2] })).toEqual({ dy: Float64Array.of(e), dx: Float64Array.of(4 * e) });
  });

  it('do not turn an infinite branch that was not taken into NaN', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [2]);
    const safe = ops.where(ops.greater(x, 0), ops.log(ops.maximum(x, 1e-3)), 0);
    const [gradient] = gradients(ops.sum(safe), [x]);
    const program = graph.build({ outputs: { gradient } });
    expect(evaluateProgram(program, { x: [-1, 4] }).gradient).toEqual(Float64Array.of(0, 0.25));
  });

  it('refuse a loss that is not a scalar, and integers', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [2]);
    expect(() => gradients(x, [x])).toThrow(ShapeError);
    expect(() => gradients(x, [x])).toThrow('expected an f32 scalar (sum or average the losses), got f32 2');
    const ids = graph.input('ids', 'i32', [2]);
    expect(() => gradients(ops.sum(x), [ids])).toThrow('cannot differentiate with respect to a i32 value');
  });
});
