import { expect, it } from 'vitest';
import { prefixAdvantages } from './prefix-advantages.js';

const options = { normaliseStd: false, baseline: 'group_mean' } as const;

it('compares continuations among themselves, and the prefix with completions that had none', () => {
  const { alone, continuations, prefixes } = prefixAdvantages([0, 1, 0, 1], [1, 0.5], options);
  expect([...alone]).toEqual([-0.5, 0.5, -0.5, 0.5]);
  expect([...continuations]).toEqual([0.25, -0.25]);
  expect([...prefixes]).toEqual([0.25, 0]);
});

it('keeps the reward of a single continuation, and blames nothing for failed grades', () => {
  const { continuations, prefixes } = prefixAdvantages([0, null, 0.5], [1], options);
  expect([...continuations]).toEqual([1]);
  expect([...prefixes]).toEqual([0.75]);
  expect(prefixAdvantages([0, 1], [null], options)).toMatchObject({
    continuations: Float64Array.of(0),
    prefixes: Float64Array.of(0),
  });
});
