import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Parameter, resolveLayout } from '../parameter-layout.js';
import { LaneParameters } from './lane-parameters.js';
import { bytesInShard, maxShardBytes, type Region } from './memory-shard.js';
import { spread, TrainingMemory } from './training-memory.js';

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

/** The one piece of a parameter that is not cut. */
function viewOf(memory: TrainingMemory, region: Region, parameter: Parameter): Float32Array {
  const [view, ...others] = memory.views(region, parameter);
  if (!view || others.length > 0) throw new Error(`${parameter.name} lies in ${1 + others.length} pieces`);
  return view;
}

/** Two updates from numbers of no particular pattern; returns the norms and every number held. */
function train(memory: TrainingMemory, slot: number) {
  const number = (i: number, seed: number) => Math.sin(i * 12.9898 + seed * 78.233);
  const fill = (region: Region, parameter: Parameter, seed: number) =>
    memory.write(
      region,
      parameter,
      Float32Array.from({ length: parameter.size }, (_, i) => number(i, seed)),
    );
  const trainable = parameters.filter((parameter) => parameter.trainable);
  parameters.forEach((parameter, i) => fill('parameters', parameter, i));
  const norms = [1, 2].map((step) => {
    trainable.forEach((parameter, i) => fill(slot, parameter, 10 * step + i));
    return memory.update(options, step, slot).gradientNorm;
  });
  const numbers = parameters.flatMap((parameter) => [...memory.read('parameters', parameter)]);
  const moments = trainable.flatMap((parameter) => [
    ...memory.read('firstMoment', parameter),
    ...memory.read('secondMoment', parameter),
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

  it('computes the same with a parameter in pieces over several memories', () => {
    const pieces = { gradientSlots: 2, pieceSize: 48 };
    const cut = new TrainingMemory(parameters, { ...pieces, shardBytes: 3000 });
    const [matrix] = parameters as [Parameter];
    expect(cut.views('parameters', matrix).map(({ length }) => length)).toEqual([48, 48, 48, 48, 8]);
    expect(cut.shardCount).toBeGreaterThan(1);
    const [found, whole] = [train(cut, 1), train(new TrainingMemory(parameters, { gradientSlots: 2 }), 1)];
    found.norms.forEach((norm, i) => expect(norm).toBeCloseTo(whole.norms[i] as number, 10));
    found.numbers.forEach((number, i) => expect(number).toBeCloseTo(whole.numbers[i] as number, 6));
    expect(train(new TrainingMemory(parameters, pieces), 0)).toEqual(found);
  });

  it('holds the largest tables of open models whatever the number of lanes', () => {
    // Qwen 2.5 7B: 2.2 GB, of which one memory would hold no moments.
    const table = resolveLayout([{ name: 'embed', shape: [152_064, 3_584] }]);
    const regions = { gradientSlots: 400, averages: true };
    const shards = spread(table, regions);
    expect(shards.flat().reduce((sum, { size }) => sum + size, 0)).toBe(152_064 * 3_584);
    for (const pieces of shards) {
      const bytes = pieces.reduce((sum, piece) => sum + bytesInShard(piece, regions), 0);
      expect(bytes).toBeLessThanOrEqual(maxShardBytes);
    }
  });

  it('tells other threads where every tensor lies', () => {
    const memory = new TrainingMemory(parameters, { gradientSlots: 3, shardBytes: 7000, pieceSize: 150 });
    const { shards, tensors } = memory.share();
    for (const parameter of parameters) {
      const tensor = tensors.find(({ name }) => name === parameter.name);
      const data = Float32Array.from({ length: parameter.size }, (_, i) => i);
      memory.write('parameters', parameter, data);
      if (parameter.trainable) memory.write(2, parameter, data);
      expect(tensor?.pieces.reduce((sum, { size }) => sum + size, 0)).toBe(parameter.size);
      for (const { shard: index, offset, start, size } of tensor?.pieces ?? []) {
        const { buffer, gradientStart, slotBytes } = shards[index] as (typeof shards)[number];
        const expected = data.subarray(start, start + size);
        expect(new Float32Array(buffer, offset, size)).toEqual(expected);
        const gradient = gradientStart + 2 * slotBytes + offset;
        if (parameter.trainable) expect(new Float32Array(buffer, gradient, size)).toEqual(expected);
      }
    }
  });

  it('gives a lane whole parameters, and takes whole gradients from it', () => {
    const memory = new TrainingMemory(parameters, { gradientSlots: 3, shardBytes: 7000, pieceSize: 48 });
    const lane = new LaneParameters({ ...memory.share(), stored: [] });
    const data = (parameter: Parameter, seed: number) =>
      Float32Array.from({ length: parameter.size }, (_, i) => seed + i);
    for (const parameter of parameters) memory.write('parameters', parameter, data(parameter, 1));
    lane.renew({ loads: 1, updates: 0 });
    for (const parameter of parameters) {
      const { name } = parameter;
      expect(lane.inputs(name)[name]?.data).toEqual(data(parameter, 1));
      if (!parameter.trainable) continue;
      (lane.gradient(name).data as Float32Array).set(data(parameter, 7));
      lane.publish(name, 2);
      expect(memory.read(2, parameter)).toEqual(data(parameter, 7));
    }
  });

  it('refuses a parameter that no memory can hold', () => {
    expect(() => new TrainingMemory(parameters, { gradientSlots: 2, shardBytes: 2000 })).toThrow(
      '200 numbers of parameter "matrix" need 4160 bytes with their moments and 2 gradients, more than the 2000 of one memory',
    );
  });

  // Reserves 2.2 GB of address space and touches a few pages of it.
  it.skipIf(totalmem() < 6e9)('computes the same bits beyond the addresses that a signed integer can hold', () => {
    const frozen = resolveLayout([{ name: 'huge', shape: [550_000_000], trainable: false }]);
    const memory = new TrainingMemory([...parameters, ...frozen], { gradientSlots: 2 });
    const [matrix] = parameters;
    expect(matrix && viewOf(memory, 'firstMoment', matrix).byteOffset).toBeGreaterThan(2 ** 31);
    expect(train(memory, 1)).toEqual(train(new TrainingMemory(parameters, { gradientSlots: 2 }), 1));
  });
});
