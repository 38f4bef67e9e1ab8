import { describe, expect, it } from 'vitest';
import { buildCaseProgram } from '../conformance/case-program.js';
import { buildDecoderProgram } from '../conformance/decoder-program.js';
import { primitiveCases } from '../conformance/primitive-cases.js';
import { GraphBuilder, gradientOf, ops } from '../index.js';
import { findGemmFusions } from './fuse-gemm.js';
import { programToOnnx } from './program-to-onnx.js';

const size = { width: 16, heads: 4, keyHeads: 2, hidden: 24, vocabulary: 300, batch: 2, length: 4, layers: 2 };
const mentions = (model: Uint8Array, operator: string) => Buffer.from(model).includes(operator);

describe('programToOnnx', () => {
  it('never emits ScatterND, which loses updates on several threads', () => {
    const programs = Object.values(primitiveCases).flatMap((examples) =>
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
  });
});
