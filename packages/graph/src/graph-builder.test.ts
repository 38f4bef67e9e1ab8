// What the graph promises about size and about mistakes: equal expressions are one node, unused ones are gone, repeated
// elements are not written, and a wrong shape is named where it is made.

import { describe, expect, it } from 'vitest';
import { gradients, GraphBuilder, ops, ShapeError } from './index.js';
import type { Program, Value } from './index.js';

const primitives = (program: Program) => program.nodes.map(({ primitive }) => primitive);

function build(f: (graph: GraphBuilder) => Value): Program {
  const graph = new GraphBuilder();
  return graph.build({ outputs: { y: f(graph) } });
}

describe('a program', () => {
  it('computes an expression once that is written twice', () => {
    const program = build((graph) => {
      const x = graph.parameter('x', [3]);
      return ops.mul(ops.exp(ops.add(x, 1)), ops.exp(ops.add(x, 1)));
    });
    expect(primitives(program)).toEqual(['add', 'exp', 'mul']);
  });

  it('holds only what its outputs need', () => {
    const program = build((graph) => {
      const [x, unused] = [graph.parameter('x', [3]), graph.parameter('unused', [3])];
      ops.exp(ops.add(x, unused));
      return ops.tanh(ops.stopGradient(x));
    });
    expect(primitives(program)).toEqual(['tanh']);
    expect(program.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('is plain data that survives structured cloning', () => {
    const program = build((graph) => ops.softmax(ops.mul(graph.parameter('x', [2, 2]), 3)));
    expect(structuredClone(program)).toEqual(program);
  });

  it('does not let outputs take the names of inputs, or be anything but f32', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [2]);
    expect(() => graph.build({ outputs: { x: ops.exp(x) } })).toThrow('output "x" has the name of an input');
    expect(() => graph.build({ outputs: { y: ops.less(x, 0) } })).toThrow('output "y" (2) is bool; cast it to f32');
  });

  it('does not mix graphs', () => {
    const [a, b] = [new GraphBuilder(), new GraphBuilder()].map((graph) => graph.parameter('x', [2]));
    expect(() => ops.add(a as Value, b as Value)).toThrow('belongs to another graph');
  });
});

describe('simplification', () => {
  const simplified: [string, (x: Value) => Value, string[]][] = [
    ['multiplying by one', (x) => ops.mul(x, 1), []],
    ['adding zero', (x) => ops.add(0, x), []],
    ['dividing by a constant', (x) => ops.div(ops.mul(x, 4), 4), []],
    ['negating twice', (x) => ops.neg(ops.neg(x)), []],
    ['adding a negative', (x) => ops.add(ops.exp(x), ops.neg(x)), ['exp', 'sub']],
    ['scaling twice', (x) => ops.mul(ops.mul(x, 2), 3), ['mul']],
    ['reshaping there and back', (x) => ops.reshape(ops.reshape(x, [6]), [2, 3]), []],
    ['transposing there and back', (x) => ops.transpose(ops.transpose(x, [1, 0]), [1, 0]), []],
    ['moving an axis of length one', (x) => ops.transpose(ops.reshape(x, [2, 1, 3]), [1, 0, 2]), ['reshape']],
    ['transposing before a product', (x) => ops.matmul(ops.transpose(x, [1, 0]), x), ['matmul']],
  ];
  for (const [name, expression, expected] of simplified) {
    it(`removes ${name}`, () => {
      expect(primitives(build((graph) => expression(graph.parameter('x', [2, 3]))))).toEqual(expected);
    });
  }

  it('writes the gradient of a split as one concatenation', () => {
    const program = build((graph) => {
      const x = graph.parameter('x', [2, 3]);
      const [a, b, c] = ops.split(x, [1, 1, 1], 1);
      const total = ops.add(ops.sum(ops.exp(a)), ops.add(ops.sum(ops.exp(b)), ops.sum(ops.exp(c))));
      return gradients(total, [x])[0];
    });
    const split = ['slice', 'slice', 'slice', 'exp', 'exp', 'exp'];
    expect(primitives(program).sort()).toEqual([...split, 'concat'].sort());
  });

  it('folds constants and keeps NaN', () => {
    const program = build((graph) => ops.mul(graph.scalar(0), ops.log(graph.scalar(-1))));
    expect(primitives(program)).toEqual([]);
    expect(program.constants.map(({ data }) => data)).toEqual([Float32Array.of(Number.NaN)]);
  });

  it('folds through comparisons, and writes no repeated constant', () => {
    const program = build((graph) => {
      const [rows, columns] = [
        graph.constant(Int32Array.of(0, 1), [2, 1]),
        graph.constant(Int32Array.of(0, 1), [1, 2]),
      ];
      const mask = ops.mul(ops.cast(ops.and(ops.lessEqual(columns, rows), ops.equal(rows, 1)), 'f32'), 3);
      return ops.mul(graph.parameter('x', [5, 2, 2]), ops.broadcastTo(mask, [5, 2, 2]));
    });
    expect(primitives(program)).toEqual(['mul']);
    expect(program.constants.map(({ data }) => data)).toEqual([Float32Array.of(0, 0, 3, 3)]);
  });

  it('leaves constants unfolded that are large', () => {
    const program = build((graph) => {
      const numbers = graph.constant(
        Float32Array.from({ length: 300 }, (_, i) => i),
        [300],
      );
      return ops.add(graph.parameter('x', [300, 300]), ops.mul(ops.reshape(numbers, [300, 1]), numbers));
    });
    expect(primitives(program)).toEqual(['mul', 'add']);
    expect(program.constants.every(({ data }) => data.length === 300)).toBe(true);
  });
});

describe('broadcasting', () => {
  it('is never written for the gradient of a mean', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [64, 64]);
    const [gradient] = gradients(ops.mean(ops.square(x)), [x]);
    const program = graph.build({ outputs: { gradient } });
    expect(primitives(program)).not.toContain('broadcast');
    expect(program.constants.every(({ data }) => data.length === 1)).toBe(true);
  });

  it('floats out of elementwise operations, and sums become products', () => {
    const program = build((graph) => {
      const x = ops.broadcastTo(graph.parameter('x', [1, 3]), [5, 3]);
      return ops.sum(ops.exp(x), { axes: [0] });
    });
    expect(primitives(program)).toEqual(['exp', 'mul', 'reshape']);
    expect(program.nodes[0]?.shape).toEqual([1, 3]);
  });
});

describe('a wrong shape is refused by name:', () => {
  const graph = new GraphBuilder();
  const a = graph.parameter('a', [2, 3]);
  const b = graph.parameter('b', [4, 3]);
  const ids = graph.input('ids', 'i32', [2]);
  const refused: [string, () => unknown, string][] = [
    [
      'add',
      () => ops.add(a, b),
      'add: shapes 2×3 and 4×3 do not broadcast (axis -2 has lengths 2 and 4; they must be equal or 1)',
    ],
    ['matmul', () => ops.matmul(a, b), 'matmul: 2×3 and 4×3 have inner lengths 3 and 4'],
    [
      'matmul transposed',
      () => ops.matmul(a, b, { transposeA: true }),
      'matmul: 2×3 (transposed) and 4×3 have inner lengths 2 and 4',
    ],
    ['reshape', () => ops.reshape(a, [4, 2]), 'reshape: 2×3 (6 elements) to 4×2 (8 elements)'],
    ['reshape to infer', () => ops.reshape(a, [4, -1]), 'reshape: cannot infer [4, -1] from shape 2×3'],
    ['transpose', () => ops.transpose(a, [0, 0]), 'transpose: [0, 0] does not permute the axes of 2×3'],
    ['sum', () => ops.sum(a, { axes: [2] }), 'sum: axis 2 does not exist in a value of shape 2×3'],
    ['concat', () => ops.concat([a, b], 1), 'concat: f32 4×3 does not join f32 2×3 along axis 1'],
    ['slice', () => ops.slice(a, 1, 2, 5), 'slice: [2, 5) is not a range of axis 1 of 2×3'],
    ['broadcastTo', () => ops.broadcastTo(a, [2, 1]), 'broadcastTo: 2×3 does not broadcast to 2×1'],
    [
      'takeAlong',
      () => ops.takeAlong(b, ids),
      'takeAlong: ids of shape 2 do not choose one element in each row of 4×3',
    ],
    ['gather', () => ops.gather(a, b), 'gather: expected i32, got f32 of shape 4×3'],
    ['mixed types', () => ops.add(ids, a), 'add: operands have types i32 and f32; cast one of them'],
    ['two numbers', () => ops.add(1, 2), 'add: at least one operand must be a value of a graph'],
    ['constant', () => graph.constant(Float32Array.of(1, 2), [3]), 'constant: 2 numbers do not fill the shape 3'],
    ['input', () => graph.input('a', 'f32', [1]), 'input "a" is declared twice'],
    ['empty', () => graph.input('c', 'f32', [0]), 'input "c": lengths must be positive integers, got [0]'],
  ];
  for (const [name, mistake, message] of refused) {
    it(name, () => {
      expect(mistake).toThrow(ShapeError);
      expect(mistake).toThrow(message);
    });
  }
});
