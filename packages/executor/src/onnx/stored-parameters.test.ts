import { blocks, evaluateProgram, gradientOutput, gradients, GraphBuilder, ops } from '@preheat/graph';
import { describe, expect, it } from 'vitest';
import type { StoredTensor } from '../executor.js';
import { createOnnxExecutor } from './onnx-executor.js';

const [ROWS, COLUMNS, WIDTH] = [5, 4, 3];
const ids = Int32Array.of(4, 0, 2, 2, 1, 3);
const trained = Float32Array.from({ length: COLUMNS * WIDTH }, (_, i) => ((7 * i) % 11) / 11 - 0.4);

/** A table that is looked up, multiplied and multiplied again in the backward pass, under a trained matrix. */
function program() {
  const graph = new GraphBuilder();
  const table = graph.parameter('table', [ROWS, COLUMNS]);
  const matrix = graph.parameter('matrix', [COLUMNS, WIDTH]);
  const hidden = ops.tanh(ops.matmul(ops.gather(table, graph.input('ids', 'i32', [ids.length])), matrix));
  const logits = ops.matmul(ops.matmul(hidden, matrix, { transposeB: true }), table, { transposeB: true });
  const loss = ops.neg(ops.mean(blocks.tokenLogProb(logits, graph.constant(ids, [ids.length]))));
  const [gradient] = gradients(loss, [matrix]);
  return graph.build({ outputs: { loss, [gradientOutput('matrix')]: gradient } });
}

const int8: StoredTensor = {
  storage: 'int8',
  values: Int8Array.from({ length: ROWS * COLUMNS }, (_, i) => ((37 * i) % 255) - 127),
  scales: Float32Array.of(0.01, 0.02, 0, 0.005, 0.015),
};
/** Numbers of float16 by their bits. */
const HALVES = [
  [0x3c00, 1],
  [0xbc00, -1],
  [0x3800, 0.5],
  [0xb400, -0.25],
  [0x3e00, 1.5],
  [0x0000, 0],
  [0x2e66, 0.0999755859375],
] as const;
const half = (i: number) => HALVES[(3 * i) % HALVES.length] ?? HALVES[0];
const float16: StoredTensor = {
  storage: 'float16',
  values: Uint16Array.from({ length: ROWS * COLUMNS }, (_, i) => half(i)[0]),
};
const widened = {
  int8: Float32Array.from(int8.values, (value, i) => Math.fround(value * (int8.scales[Math.floor(i / COLUMNS)] ?? 0))),
  float16: Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => half(i)[1]),
};
const layout = (storage: 'int8' | 'float16') =>
  [
    { name: 'table', shape: [ROWS, COLUMNS], trainable: false, storage },
    { name: 'matrix', shape: [COLUMNS, WIDTH] },
  ] as const;
const update = {
  ...{ learningRate: 0.1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0 },
  ...{ maxGradNorm: Number.POSITIVE_INFINITY, gradientScale: 1 },
};

describe.each([int8, float16])('a frozen matrix held as $storage', (stored) => {
  it.each([0, 1])('computes what its numbers in float32 compute, gradients included (%i workers)', async (workers) => {
    const executor = createOnnxExecutor({ workers, threads: 1 });
    const state = await executor.openTraining(layout(stored.storage));
    await state.load({ parameters: { matrix: trained }, stored: { table: stored } });
    const expected = evaluateProgram(program(), { table: widened[stored.storage], matrix: trained, ids });
    const { loss } = await state.accumulate(program(), { ids });
    expect(loss?.[0]).toBeCloseTo(expected['loss']?.[0] ?? Number.NaN, 5);
    await state.update(update);
    const { parameters, firstMoment, stored: held } = await state.read();
    const gradient = expected[gradientOutput('matrix')] ?? [];
    gradient.forEach((x, i) => expect(firstMoment['matrix']?.[i]).toBeCloseTo(x, 5));
    expect(Object.keys(parameters)).toEqual(['matrix']);
    expect(held?.['table']?.values).toEqual(stored.values);
    await executor.dispose();
  });

  it('keeps a number that is none from looking like a mistake', async () => {
    const executor = createOnnxExecutor({ workers: 0, threads: 1 });
    const state = await executor.openTraining(layout(stored.storage));
    await state.load({ parameters: { matrix: trained.map(() => Number.NaN) }, stored: { table: stored } });
    const { loss } = await state.accumulate(program(), { ids });
    expect(loss?.[0]).toBeNaN();
    await executor.dispose();
  });
});

describe('what is held in fewer bits', () => {
  it('is a frozen matrix, and comes in the type it is held in', async () => {
    const executor = createOnnxExecutor({ workers: 0 });
    const vector = [{ name: 'v', shape: [3], trainable: false, storage: 'int8' }] as const;
    await expect(executor.openTraining(vector)).rejects.toThrow('only frozen matrices can');
    const state = await executor.openTraining(layout('int8'));
    const load = (stored: Record<string, StoredTensor>) => state.load({ parameters: { matrix: trained }, stored });
    await expect(load({})).rejects.toThrow('"table" needs 20 numbers of int8, got nothing');
    await expect(load({ table: float16 })).rejects.toThrow('got 20 of float16');
    await expect(load({ table: int8, other: int8 })).rejects.toThrow('there is no parameter "other"');
    await executor.dispose();
  });
});
