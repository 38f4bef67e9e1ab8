import { describe, expect, it } from 'vitest';
import { buildDecoderProgram } from '../conformance/decoder-program.js';
import { executionOrder } from './execution-order.js';

const size = { width: 16, heads: 4, keyHeads: 2, hidden: 24, vocabulary: 300, batch: 2, length: 4, layers: 3 };

describe('executionOrder', () => {
  const program = buildDecoderProgram(size);
  const order = executionOrder(program);

  it('has every node once, after what it reads', () => {
    expect([...order].sort((a, b) => a.value - b.value)).toEqual([...program.nodes]);
    const known = new Set([...program.inputs, ...program.constants].map(({ value }) => value));
    for (const { inputs, value } of order) {
      expect(inputs.every((input) => known.has(input))).toBe(true);
      known.add(value);
    }
  });

  it('ends with the gradients of the last layer, which are ready first', () => {
    const outputs = new Map(program.outputs.map(({ name, value }) => [value, name]));
    const gradients = order.flatMap(({ value }) => outputs.get(value)?.match(/^grad:model\.layers\.(\d)/)?.[1] ?? []);
    expect(gradients.length).toBeGreaterThan(9);
    expect(gradients).toEqual([...gradients].sort());
  });
});
