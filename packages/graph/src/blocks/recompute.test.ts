import { describe, expect, it } from 'vitest';
import { blocks, evaluateProgram, gradients, GraphBuilder, ops, programToOnnx } from '../index.js';
import type { Program, Value } from '../index.js';

type Wrap = (x: Value, block: (x: Value) => Value) => Value;
const kept: Wrap = (x, block) => block(x);
const recomputed: Wrap = (x, block) => blocks.recompute([x], block);

/** A chain of `tanh(x · w)`, with the gradients of input and weights. */
function chain(wrap: Wrap, depth = 3): Program {
  const graph = new GraphBuilder();
  let x: Value = graph.parameter('x', [2, 4]);
  const wrt = [x];
  for (let layer = 0; layer < depth; layer++) {
    const w = graph.parameter(`w${layer}`, [4, 4]);
    wrt.push(w);
    x = wrap(x, (h) => ops.add(h, ops.tanh(ops.matmul(blocks.silu(h), w))));
  }
  const loss = ops.sum(ops.square(x));
  const found: readonly Value[] = gradients(loss, wrt);
  return graph.build({ outputs: { loss, ...Object.fromEntries(found.map((gradient, i) => [`d${i}`, gradient])) } });
}

const feeds = (program: Program) =>
  Object.fromEntries(
    program.inputs.map(({ name, shape }, i) => [
      name,
      Array.from({ length: (shape[0] ?? 1) * 4 }, (_, k) => Math.sin(k + 5 * i)),
    ]),
  );
const count = (program: Program, primitive: string) =>
  program.nodes.filter((node) => node.primitive === primitive).length;

describe('recompute', () => {
  it('gives the gradients of the plain block', () => {
    const [plain, again] = [chain(kept), chain(recomputed)];
    expect(evaluateProgram(again, feeds(again))).toEqual(evaluateProgram(plain, feeds(plain)));
  });

  it('computes a block twice, and nests', () => {
    expect(count(chain(kept), 'tanh')).toBe(3);
    expect(count(chain(recomputed), 'tanh')).toBe(6);
    const nested = chain((x, block) => blocks.recompute([x], (outer) => recomputed(ops.mul(outer, 2), block)));
    const plain = chain((x, block) => block(ops.mul(x, 2)));
    expect(evaluateProgram(nested, feeds(nested))).toEqual(evaluateProgram(plain, feeds(plain)));
  });

  it('keeps only the inputs of blocks between the passes', () => {
    const depth = 6;
    const crossing = ({ nodes, outputs }: Program) => {
      const middle = nodes.findIndex(({ value }) => value === outputs[0]?.value) + 1;
      const before = new Set(nodes.slice(0, middle).map(({ value }) => value));
      const read = nodes.slice(middle).flatMap(({ inputs }) => inputs);
      return new Set(read.filter((value) => before.has(value))).size;
    };
    expect(crossing(chain(recomputed, depth))).toBe(depth);
    expect(crossing(chain(kept, depth))).toBeGreaterThan(3 * depth);
  });

  it('can be differentiated twice', () => {
    const second = (wrap: Wrap) => {
      const graph = new GraphBuilder();
      const [x, w] = [graph.parameter('x', [2, 3]), graph.parameter('w', [3, 3])];
      const y = wrap(x, (h) => ops.tanh(ops.matmul(h, w)));
      const first: readonly Value[] = gradients(ops.sum(ops.exp(y)), [x, w]);
      const total = ops.add(ops.sum(ops.square(first[0] as Value)), ops.sum(ops.square(first[1] as Value)));
      const [dx, dw] = gradients(total, [x, w]);
      return evaluateProgram(graph.build({ outputs: { dx, dw } }), {
        x: [1, 2, 3, -1, 0.5, 0],
        w: [0.1, -0.3, 0.2, 0.5, 0.4, -0.2, 0.3, 0.1, 0],
      });
    };
    const [plain, again] = [second(kept), second(recomputed)];
    for (const name of ['dx', 'dw'])
      again[name]?.forEach((x, i) => expect(x).toBeCloseTo(plain[name]?.[i] ?? Number.NaN, 12));
  });

  it('computes no gradient of weights that are frozen by stopGradient', () => {
    const graph = new GraphBuilder();
    const [x, w] = [graph.parameter('x', [2, 4]), graph.parameter('w', [4, 4])];
    const products = (weight: Value) => {
      const y = blocks.recompute([x], (h) => ops.tanh(ops.matmul(h, weight)));
      const [dx] = gradients(ops.sum(y), [x]);
      return count(graph.build({ outputs: { dx } }), 'matmul');
    };
    // The second forward and the gradient of its input; what waits for the gradient of w would need a third.
    expect([products(ops.stopGradient(w)), products(w)]).toEqual([2, 3]);
  });

  it('refuses a block that uses an input from around it', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [2]);
    const y = blocks.recompute([x], (h) => ops.mul(ops.exp(h), x));
    expect(() => gradients(ops.sum(y), [x])).toThrow('use inputs by its arguments only');
    expect(() => blocks.recompute([], () => x)).toThrow('recompute: needs f32 inputs, got none');
  });

  it('writes the second forward apart from the first in ONNX', () => {
    expect(
      Buffer.from(programToOnnx(chain(recomputed)))
        .toString('latin1')
        .split('Tanh').length,
    ).toBeGreaterThan(6);
  });
});
