import { describe, expect, it } from 'vitest';
import { frameOf, polyline, thinned } from './curve.js';

describe('thinned', () => {
  it('keeps few points as they are', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
    ];
    expect(thinned(points, 1)).toEqual(points);
  });

  it('keeps every peak of a long curve, in order', () => {
    const points = Array.from({ length: 10_000 }, (_, x) => ({
      x,
      y: x === 5_001 ? 100 : x === 7_777 ? -100 : Math.sin(x),
    }));
    const kept = thinned(points, 100);
    expect(kept.length).toBeLessThanOrEqual(200);
    expect(kept).toContainEqual({ x: 5_001, y: 100 });
    expect(kept).toContainEqual({ x: 7_777, y: -100 });
    expect(kept.map(({ x }) => x)).toEqual(kept.map(({ x }) => x).sort((a, b) => a - b));
  });
});

it('frames points, with room for a single one', () => {
  expect(frameOf([])).toBeUndefined();
  expect(frameOf([{ x: 3, y: 2 }])).toEqual({ minX: 2.5, maxX: 3.5, minY: 1.5, maxY: 2.5 });
});

it('draws upwards, from corner to corner', () => {
  const points = [
    { x: 10, y: 0 },
    { x: 15, y: 1 },
    { x: 20, y: 2 },
  ];
  expect(polyline(points, frameOf(points)!, 100, 50)).toBe('0.0,50.0 50.0,25.0 100.0,0.0');
});
