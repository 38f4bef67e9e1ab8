import { expect, it } from 'vitest';
import { projectionOf, sketchOf } from './sketch-rows.js';

const sizes = { vocabulary: 50, positions: 12 };

it('adds positions up under the signs of each row', () => {
  const projection = { ...projectionOf(1, { rows: 2, columns: 2 }, sizes), positions_TR: Float32Array.of(1, 1, -1, 1) };
  const sketch = { positions: 2, gram_TT: new Float32Array(4), projected_TR: Float32Array.of(1, 2, 10, 20) };
  // Row 0: first − second position; row 1: their sum.
  expect([...sketchOf(sketch, projection)]).toEqual([-9, -18, 11, 22]);
});

it('keeps the size of a matrix, and so the distance of two, in the published scale on the mean over projections', () => {
  const columns = 32;
  const logits = Array.from({ length: 12 }, (_, t) => Array.from({ length: 50 }, (_, v) => Math.sin(7 * t + t * v)));
  const square = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value * value, 0);
  const ratioOf = (seed: number) => {
    const projection = projectionOf(seed, { rows: 8, columns }, sizes);
    const projected_TR = Float32Array.from({ length: 12 * columns }, (_, at) => {
      const [t, c] = [Math.floor(at / columns), at % columns];
      const signs = projection.vocabulary_VC;
      return (logits[t] ?? []).reduce((sum, logit, v) => sum + logit * (signs[v * columns + c] ?? 0), 0);
    });
    const sketch = sketchOf({ positions: 12, gram_TT: new Float32Array(144), projected_TR }, projection);
    return square(sketch) / ((sizes.vocabulary * sizes.positions) / 4) / square(logits.flat());
  };
  const ratios = Array.from({ length: 100 }, (_, seed) => ratioOf(seed));
  expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeCloseTo(1, 1);
});

it('is the same for the same seed and another for another', () => {
  const of = (seed: number) => projectionOf(seed, { rows: 2, columns: 4 }, sizes);
  expect(of(1)).toEqual(of(1));
  expect(of(2).vocabulary_VC).not.toEqual(of(1).vocabulary_VC);
  // √(50 / (2 · 4)) and √(12 / (2 · 2)).
  expect(Math.abs(of(1).vocabulary_VC[0] ?? 0)).toBe(2.5);
  expect(Math.abs(of(1).positions_TR[0] ?? 0)).toBeCloseTo(Math.sqrt(3), 6);
});
