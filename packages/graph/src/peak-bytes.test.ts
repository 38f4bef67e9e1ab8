import { describe, expect, it } from 'vitest';
import { buildDecoderProgram } from './conformance/decoder-program.js';
import { GraphBuilder, ops, peakBytes } from './index.js';
import type { Value } from './index.js';

const floats = 4;

describe('peakBytes', () => {
  it('counts what is alive together: a value is freed after its last use', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'f32', [10, 10]);
    // Each product is alive with the one before it, and no longer.
    const square = (y: Value): Value => ops.matmul(y, y);
    const chain = square(square(square(square(square(x)))));
    expect(peakBytes(graph.build({ outputs: { chain } }))).toBe(2 * 100 * floats);
  });

  it('keeps what is needed later', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'f32', [10, 10]);
    const [a, b] = [ops.matmul(x, x), ops.matmul(ops.matmul(x, x, { transposeA: true }), x)];
    expect(peakBytes(graph.build({ outputs: { both: ops.matmul(a, b) } }))).toBe(3 * 100 * floats);
  });

  it('takes no memory for a reshape, nor for a result that overwrites its operand', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'f32', [10, 10]);
    const y = ops.reshape(ops.exp(ops.matmul(x, x)), [100]);
    expect(peakBytes(graph.build({ outputs: { y } }))).toBe(100 * floats);
  });

  it('does not count a buffer of an input as free', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'f32', [100]);
    expect(peakBytes(graph.build({ outputs: { y: ops.exp(x) } }))).toBe(100 * floats);
  });

  it('grows with the batch, and less with recomputation', () => {
    const size = { width: 64, heads: 4, keyHeads: 4, hidden: 128, vocabulary: 64, layers: 8, length: 64 };
    const peak = (batch: number, recomputes: boolean) => peakBytes(buildDecoderProgram({ ...size, batch, recomputes }));
    expect(peak(16, false) / peak(8, false)).toBeGreaterThan(1.7);
    expect(peak(16, true)).toBeLessThan(peak(16, false) / 2);
  });
});
