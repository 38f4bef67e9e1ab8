import { expect, test } from 'vitest';
import { CounterRandom, philox4x32 } from './counter-random.js';

test('philox gives the known answers of the Random123 distribution', () => {
  expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  const piDigits = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;
  const answer = [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1];
  expect(philox4x32(piDigits, [0xa4093822, 0x299f31d0])).toEqual(answer);
});

test('a stream resumed from its serialised state draws what the original draws next', () => {
  const original = CounterRandom.fromSeed(7);
  for (let i = 0; i < 5; i++) original.float();
  const resumed = CounterRandom.fromState(JSON.parse(JSON.stringify(original.state())));
  for (let i = 0; i < 20; i++) expect(resumed.int(1000)).toBe(original.int(1000));
});

test('forks depend on the label and the seed, not on what was drawn before', () => {
  const root = CounterRandom.fromSeed('run');
  const before = root.fork('rollout').float();
  root.float();
  expect(root.fork('rollout').float()).toBe(before);
  expect(root.fork('rollout2').float()).not.toBe(before);
  expect(CounterRandom.fromSeed('run2').fork('rollout').float()).not.toBe(before);
  expect(root.fork('a').fork('b').float()).not.toBe(root.fork('ab').float());
});

test('streams of nearby labels are all different', () => {
  const root = CounterRandom.fromSeed(0);
  const labels = Array.from({ length: 2000 }, (_, i) => `step-${i}`).concat('', '\0', '\0\0', 'a', 'a\0', 'aa', 'aaa');
  const keys = new Set(labels.map((label) => JSON.stringify(root.fork(label).state().key)));
  expect(keys.size).toBe(labels.length);
});

test('floats are uniform by mean, variance and serial correlation', () => {
  const random = CounterRandom.fromSeed(1);
  const draws = Array.from({ length: 20_000 }, () => random.float() - 0.5);
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
  const serial = draws.reduce((sum, x, i) => sum + x * (draws[i - 1] ?? 0), 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002);
  expect(Math.abs(serial)).toBeLessThan(0.003);
});

test('int covers its range evenly and refuses bounds it cannot serve', () => {
  const random = CounterRandom.fromSeed(2);
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 12_000; i++) {
    const face = random.int(6);
    counts[face] = (counts[face] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  expect(random.int(1)).toBe(0);
  for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => random.int(bound)).toThrow(RangeError);
});

test('a state that no stream can have is refused', () => {
  expect(() => CounterRandom.fromState({ key: [0, 2 ** 32], counter: 0 })).toThrow(/key/);
  expect(() => CounterRandom.fromState({ key: [0, 0], counter: -1 })).toThrow(/counter/);
});
