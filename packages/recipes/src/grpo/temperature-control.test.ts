import { describe, expect, it } from 'vitest';
import { nextTemperature, usedTemperature } from './temperature-control.js';

const control = { temperature: 0.73, target_entropy: 0.3, entropy_gain: 0.5 };
const off = { ...control, target_entropy: 0 };

describe('the temperature', () => {
  it('rises while samples are too alike, and falls while they are too random', () => {
    expect(nextTemperature(0.73, 0.1, control)).toBeCloseTo(0.73 * Math.exp(0.1), 12);
    expect(nextTemperature(0.73, 0.5, control)).toBeCloseTo(0.73 * Math.exp(-0.1), 12);
  });

  it('is used on a grid, and adds up between its points', () => {
    expect(usedTemperature(0.73, control)).toBe(0.75);
    let temperature = 0.73;
    for (let step = 0; step < 4; step++) temperature = nextTemperature(temperature, 0.4, control);
    expect(usedTemperature(temperature, control)).toBe(0.6);
  });

  it('stays where it is without a target', () => {
    expect(nextTemperature(0.73, 5, off)).toBe(0.73);
    expect(usedTemperature(0.73, off)).toBe(0.73);
  });
});
