import { describe, expect, it } from 'vitest';
import { buildCaseProgram } from '../conformance/case-program.js';
import { buildDecoderProgram } from '../conformance/decoder-program.js';
import type { ConformanceCase } from '../conformance/conformance-case.js';
import { blockCases } from '../conformance/block-cases.js';
import { primitiveCases } from '../conformance/primitive-cases.js';
import { programCases } from '../conformance/program-cases.js';
import { blocks, GraphBuilder, gradientOf, ops } from '../index.js';
import type { Program } from '../index.js';
import { findGemmFusions } from './fuse-gemm.js';
import { programToOnnx } from './program-to-onnx.js';

const size = { width: 16, heads: 4, keyHeads: 2, hidden: 24, vocabulary: 300, batch: 2, length: 4, layers: 2 };
const mentions = (model: Uint8Array, operator: string) => Buffer.from(model).includes(operator);

describe('programToOnnx', () => {
  it('never emits ScatterND, which loses updates on several threads', () => {
    const programs = Object.values({ ...primitiveCases, ...blockCases, ...programCases }).flatMap((examples) =>
      examples.map((example) => buildCaseProgram(example).program),
    );
    for (const program of [...programs, buildDecoderProgram(size)]) {
      expect(mentions(programToOnnx(program), 'ScatterND')).toBe(false);
    }
  });

  it('adds embedding gradients by a product up to 256 rows, and element by element above', () => {
    const embedding = (vocabulary: number) => {
      const program = buildDecoderProgram({ ...size, vocabulary, layers: 1 });
      const outputs = program.outputs.filter(({ name }) => gradientOf(name) === 'model.embed_tokens.weight');
      return programToOnnx({ ...program, outputs });
    };
    expect(mentions(embedding(256), 'OneHot')).toBe(true);
    expect(mentions(embedding(257), 'OneHot')).toBe(false);
  });

  it('chooses one-hot rows by i32 ids and f32 values, the only pair that has a kernel', () => {
    const graph = new GraphBuilder();
    const rows = ops.oneHot(graph.input('ids', 'i32', [4]), 3);
    const model = programToOnnx(graph.build({ outputs: { rows } }));
    const [int32, float] = [Buffer.from(Int32Array.of(3).buffer), Buffer.from(Float32Array.of(0, 1).buffer)];
    expect(mentions(model, 'OneHot') && Buffer.from(model).includes(int32)).toBe(true);
    expect(Buffer.from(model).includes(float)).toBe(true);
    expect(mentions(model, 'Cast')).toBe(false);
  });

  it('gives an output that is an input or a constant a name of its own', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', [2]);
    const program = graph.build({
      outputs: { same: ops.stopGradient(x), one: graph.constant(Float32Array.of(1), [1]) },
    });
    expect(Buffer.from(programToOnnx(program)).toString('latin1').split('Identity').length - 1).toBe(2);
  });

  it('sends the gradient of a maximum in a window through selections, never by index', () => {
    const [, padded] = blockCases.maxPool ?? [];
    const model = programToOnnx(buildCaseProgram(padded as ConformanceCase).program);
    for (const operator of ['MaxPool', 'ScatterElements', 'GatherElements'])
      expect(mentions(model, operator)).toBe(false);
  });

  it('writes no repeated elements for a decoder', () => {
    const program = buildDecoderProgram({ ...size, vocabulary: 64 });
    expect(program.nodes.some(({ primitive }) => primitive === 'broadcast')).toBe(false);
    expect(mentions(programToOnnx(program), 'Expand')).toBe(false);
    expect(program.constants.every(({ data }) => data.length <= size.length ** 2)).toBe(true);
  });

  it('carries a small causal mask as a constant, and computes a large one', () => {
    const masked = (length: number, options = {}) => {
      const graph = new GraphBuilder();
      const x = graph.parameter('x', [1, 1, length, 2]);
      return graph.build({ outputs: { y: blocks.causalAttention(x, x, x, options) } });
    };
    const comparisons = (program: Program) => program.nodes.filter(({ primitive }) => primitive === 'lessEqual').length;
    const bytes = (program: Program) => programToOnnx(program).length;
    expect(comparisons(masked(256))).toBe(0);
    // Two blocks of three: the first is as small as the mask of 256.
    expect(comparisons(masked(768))).toBe(2);
    expect(bytes(masked(768)) - bytes(masked(256))).toBeLessThan(8000);
  });

  it('computes one mask for all blocks that look back as far', () => {
    const comparisons = (length: number) => {
      const graph = new GraphBuilder();
      const x = graph.parameter('x', [1, 1, length, 2]);
      const { nodes } = graph.build({ outputs: { y: blocks.causalAttention(x, x, x, { window: 300 }) } });
      return nodes.filter(({ primitive }) => primitive === 'lessEqual').length;
    };
    // Two of the second block, which begins at the first key, and two of all that follow.
    expect([3, 4, 5].map((count) => comparisons(count * 256))).toEqual([4, 4, 4]);
  });

  it('is determined by the program', () => {
    expect(programToOnnx(buildDecoderProgram(size))).toEqual(programToOnnx(buildDecoderProgram(size)));
  });
});

describe('findGemmFusions', () => {
  it('absorbs a product used once into the addition, and leaves others', () => {
    const graph = new GraphBuilder();
    const [x, w] = [graph.parameter('x', [3, 3]), graph.parameter('w', [3, 3])];
    const once = ops.matmul(x, w);
    const twice = ops.matmul(w, x);
    const program = graph.build({ outputs: { a: ops.add(x, once), b: ops.add(w, twice), c: twice } });
    const { additions, absorbed } = findGemmFusions(program);
    expect([...absorbed]).toEqual([once.id]);
    expect([...additions.values()].map(({ addend }) => addend)).toEqual([x.id]);
  });

  it('turns every residual connection of a decoder into a Gemm', () => {
    const { absorbed } = findGemmFusions(buildDecoderProgram(size));
    expect(absorbed.size).toBeGreaterThanOrEqual(2 * size.layers);
    expect(mentions(programToOnnx(buildDecoderProgram(size)), 'Gemm')).toBe(true);
  });
});
