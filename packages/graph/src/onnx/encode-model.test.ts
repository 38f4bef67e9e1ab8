import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel } from './encode-model.js';
import type { ModelDefinition, NodeDefinition } from './onnx-model.js';

const OPSETS = { '': 21 };

function unary(node: Partial<NodeDefinition> & { opType: string }, shape: (number | string | null)[]): ModelDefinition {
  return {
    opsets: OPSETS,
    graph: {
      name: 'unary',
      nodes: [{ inputs: ['x'], outputs: ['y'], ...node }],
      inputs: [{ name: 'x', elementType: 'float32', shape }],
      outputs: [{ name: 'y', elementType: 'float32' }],
      initializers: [],
    },
  };
}

async function runUnary(model: ModelDefinition, data: number[], dims: number[]): Promise<number[]> {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.from(data), dims) });
  return [...(y?.data as Float32Array)];
}

describe('encodeModel', () => {
  it('keeps float, negative int and int-list attributes apart', async () => {
    expect(
      await runUnary(unary({ opType: 'LeakyRelu', attributes: { alpha: { float: 0.5 } } }, [null]), [-2, 4], [2]),
    ).toEqual([-1, 4]);
    const softmax = unary({ opType: 'Softmax', attributes: { axis: -1 } }, ['rows', 2]);
    expect(await runUnary(softmax, [0, 0, 5, 5], [2, 2])).toEqual([0.5, 0.5, 0.5, 0.5]);
    const transpose = unary({ opType: 'Transpose', attributes: { perm: [1, 0] } }, ['rows', 'columns']);
    expect(await runUnary(transpose, [1, 2, 3, 4], [2, 2])).toEqual([1, 3, 2, 4]);
  });

  it('writes string and tensor attributes', async () => {
    const gelu = unary({ opType: 'Gelu', attributes: { approximate: 'tanh' } }, [1]);
    const [y] = await runUnary(gelu, [1], [1]);
    expect(y).toBeCloseTo(0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * 1.044715)), 6);
    const value = { elementType: 'float32', shape: [1], data: Float32Array.of(7) } as const;
    const fill: ModelDefinition = {
      opsets: OPSETS,
      graph: {
        ...unary({ opType: 'Identity' }, [null]).graph,
        nodes: [
          { opType: 'Shape', inputs: ['x'], outputs: ['s'] },
          { opType: 'ConstantOfShape', inputs: ['s'], outputs: ['y'], attributes: { value: { tensor: value } } },
        ],
      },
    };
    expect(await runUnary(fill, [1, 2, 3], [3])).toEqual([7, 7, 7]);
  });

  it('carries large initialisers unchanged', async () => {
    const weight = Float32Array.from({ length: 100_000 }, (_, index) => index);
    const model: ModelDefinition = {
      opsets: OPSETS,
      graph: {
        ...unary({ opType: 'Mul', inputs: ['x', 'weight'] }, [null]).graph,
        initializers: [{ name: 'weight', elementType: 'float32', shape: [100_000], data: weight }],
      },
    };
    expect(await runUnary(model, [2], [1])).toEqual([...weight.map((value) => 2 * value)]);
  });

  it('refuses a fractional number written as an INT attribute', () => {
    const model = unary({ opType: 'LeakyRelu', attributes: { alpha: 0.5 } }, [1]);
    expect(() => encodeModel(model)).toThrow('attribute LeakyRelu.alpha is 0.5: a plain number must be an integer');
  });

  it('refuses a tensor whose bytes do not fit its shape', () => {
    const model: ModelDefinition = {
      opsets: OPSETS,
      graph: {
        ...unary({ opType: 'Relu' }, [1]).graph,
        initializers: [{ name: 'w', elementType: 'int64', shape: [2], data: Float32Array.of(1, 2) }],
      },
    };
    expect(() => encodeModel(model)).toThrow('tensor "w" of int64[2] needs 16 bytes, got 8');
  });
});
