import { expect, it } from 'vitest';
import { keptModelBytes } from './kept-models.js';

it('is an eighth of a small machine, and a gibibyte of a large one', () => {
  expect(keptModelBytes(2e9)).toBe(250_000_000);
  expect([keptModelBytes(8 * 1024 ** 3), keptModelBytes(1e12)]).toEqual([1024 ** 3, 1024 ** 3]);
});
