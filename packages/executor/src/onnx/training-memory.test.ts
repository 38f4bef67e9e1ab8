import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { resolveLayout } from '../parameter-layout.js';
import { TrainingMemory } from './training-memory.js';

const parameters = resolveLayout([
  { name: 'matrix', shape: [40, 5] },
  { name: 'bias', shape: [7] },
  { name: 'frozen', shape: [64], trainable: false },
  { name: 'head', shape: [3, 70] },
]);
const options = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  gradientScale: 0.5,
};

/** Two updates from numbers of no particular pattern; returns the norms and every number held. */
function train(memory: TrainingMemory, slot: number) {
  const number = (i: number, seed: number) => Math.sin(i * 12.9898 + seed * 78.233);
  const fill = (view: Float32Array, seed: number) => view.forEach((_, i) => (view[i] = number(i, seed)));
  const trainable = parameters.filter((parameter) => parameter.trainable);
  parameters.forEach((parameter, i) => fill(memory.view('parameters', parameter), i));
  const norms = [1, 2].map((step) => {
    trainable.forEach((parameter, i) => fill(memory.view(slot, parameter), 10 * step + i));
    return memory.update(options, step, slot).gradientNorm;
  });
  const numbers = parameters.flatMap((parameter) => [...memory.view('parameters', parameter)]);
  const moments = trainable.flatMap((parameter) => [
    ...memory.view('firstMoment', parameter),
    ...memory.view('secondMoment', parameter),
  ]);
  return { norms, numbers, moments };
}

describe('TrainingMemory', () => {
  it('computes the same bits in one memory as in several, with any number of slots', () => {
    const whole = new TrainingMemory(parameters, { gradientSlots: 2 });
    const sharded = new TrainingMemory(parameters, { gradientSlots: 2, shardBytes: 6000 });
    const wide = new TrainingMemory(parameters, { gradientSlots: 5, shardBytes: 9000 });
    expect([whole.shardCount, sharded.shardCount, wide.shardCount]).toEqual([1, 2, 2]);
    const expected = train(whole, 0);
    expect(train(sharded, 1)).toEqual(expected);
    expect(train(wide, 4)).toEqual(expected);
  });

  it('tells other threads where every tensor lies', () => {
    const memory = new TrainingMemory(parameters, { gradientSlots: 3, shardBytes: 7000 });
    const { shards, tensors } = memory.share();
    for (const parameter of parameters) {
      const tensor = tensors.find(({ name }) => name === parameter.name);
      const shard = tensor && shards[tensor.shard];
      if (!tensor || !shard) throw new Error(`${parameter.name} is not shared`);
      memory.view('parameters', parameter)[2] = 5;
      expect(new Float32Array(shard.buffer, tensor.offset, tensor.size)[2]).toBe(5);
      if (!parameter.trainable) continue;
      memory.view(2, parameter)[1] = 6;
      const gradientStart = shard.gradientStart + 2 * shard.slotBytes + tensor.offset;
      expect(new Float32Array(shard.buffer, gradientStart, tensor.size)[1]).toBe(6);
    }
  });

  it('refuses a parameter that no memory can hold', () => {
    expect(() => new TrainingMemory(parameters, { gradientSlots: 2, shardBytes: 2000 })).toThrow(
      'parameter "matrix" needs 4160 bytes with its moments and 2 gradients, more than the 2000 of one memory',
    );
  });

  // Reserves 2.2 GB of address space and touches a few pages of it.
  it.skipIf(totalmem() < 6e9)('computes the same bits beyond the addresses that a signed integer can hold', () => {
    const frozen = resolveLayout([{ name: 'huge', shape: [550_000_000], trainable: false }]);
    const memory = new TrainingMemory([...parameters, ...frozen], { gradientSlots: 2 });
    const [matrix] = parameters;
    expect(matrix && memory.view('firstMoment', matrix).byteOffset).toBeGreaterThan(2 ** 31);
    expect(train(memory, 1)).toEqual(train(new TrainingMemory(parameters, { gradientSlots: 2 }), 1));
  });
});
