import { expect, it } from 'vitest';
import { BesideTraining } from './beside-training.js';

it('knows the range of the last eight jobs, and what is left of it', () => {
  const beside = new BesideTraining();
  expect(beside.range).toBeNull();
  expect(beside.left(100)).toEqual({ earliest: 0, latest: 0 });
  beside.succeeded(90_000, 1_000);
  for (let job = 1; job <= 8; job++) beside.succeeded(5_000 + 100 * job, 4_000);
  expect(beside.range).toEqual({ earliest: 1_100, latest: 1_800 });
  expect(beside.left(500)).toEqual({ earliest: 600, latest: 1_800 });
  expect(beside.left(1_500)).toEqual({ earliest: 0, latest: 1_800 });
});

it('takes a clock that stepped back for no time at all', () => {
  const beside = new BesideTraining();
  beside.succeeded(1_000, 1_200);
  expect(beside.range).toEqual({ earliest: 0, latest: 0 });
});
