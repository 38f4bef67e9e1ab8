import { describe, expect, it } from 'vitest';
import { attainableArea } from './curve-area.js';

describe('attainableArea', () => {
  const points = [
    { tokens: 20, accuracy: 0.5 },
    { tokens: 10, accuracy: 0.2 },
    { tokens: 30, accuracy: 0.4 },
  ];

  it('is the mean of what can be reached with at most so many tokens', () => {
    // 0 to 10 tokens: nothing; to 20: 0.2; from there 0.5, also where more tokens do worse.
    expect(attainableArea(points, 40)).toBeCloseTo((10 * 0.2 + 20 * 0.5) / 40, 12);
  });

  it('counts no point beyond the range', () => {
    expect(attainableArea(points, 20)).toBeCloseTo((10 * 0.2) / 20, 12);
    expect(attainableArea(points, 5)).toBe(0);
    expect(attainableArea([], 0)).toBe(0);
  });

  it('is larger where the same accuracy takes fewer tokens', () => {
    const cheaper = points.map(({ tokens, accuracy }) => ({ tokens: tokens - 5, accuracy }));
    expect(attainableArea(cheaper, 40)).toBeGreaterThan(attainableArea(points, 40));
  });
});
