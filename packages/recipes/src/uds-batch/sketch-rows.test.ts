import { expect, it } from 'vitest';
import { projectionOf, sketchOf } from './sketch-rows.js';

const sizes = { vocabulary: 50, positions: 12 };

it('adds positions up under the signs of each row', () => {
  const projection = { ...projectionOf(1, { rows: 2, columns: 2 }, sizes), positions_TR: Float32Array.of(1, 1, -1, 1) };
  const sketch = { positions: 2, gram_TT: new Float32Array(4), projected_TR: Float32Array.of(1, 2, 10, 20) };
  // Row 0: first − second position; row 1: their sum.
  expect([...sketchOf(sketch, projection)]).toEqual([-9, -18, 11, 22]);
});

it('keeps the distance of two matrices to within a tenth', () => {
  const shape = { rows: 64, columns: 64 };
  const projection = projectionOf(3, shape, sizes);
  const logits = Array.from({ length: 12 }, (_, t) => Array.from({ length: 50 }, (_, v) => Math.sin(7 * t + 3 * v)));
  const projected_TR = Float32Array.from({ length: 12 * 64 }, (_, at) => {
    const [t, c] = [Math.floor(at / 64), at % 64];
    return (logits[t] ?? []).reduce((sum, logit, v) => sum + logit * (projection.vocabulary_VC[v * 64 + c] ?? 0), 0);
  });
  const sketch = sketchOf({ positions: 12, gram_TT: new Float32Array(144), projected_TR }, projection);
  const square = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value * value, 0);
  const ratio = Math.sqrt(square(sketch) / square(logits.flat()));
  expect(ratio).toBeGreaterThan(0.9);
  expect(ratio).toBeLessThan(1.1);
});

it('is the same for the same seed and another for another', () => {
  const of = (seed: number) => projectionOf(seed, { rows: 2, columns: 4 }, sizes);
  expect(of(1)).toEqual(of(1));
  expect(of(2).vocabulary_VC).not.toEqual(of(1).vocabulary_VC);
  expect(Math.abs(of(1).vocabulary_VC[0] ?? 0)).toBeCloseTo(0.5, 7);
});
