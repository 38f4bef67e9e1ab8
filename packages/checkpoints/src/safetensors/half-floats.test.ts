import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-floats.js';
import recorded from './testdata/half-floats.json' with { type: 'json' };

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, half) => half);
const floats = new Float32Array(Uint32Array.from(recorded.cases, ([word]) => word as number).buffer);

describe.each([
  { name: 'bfloat16', narrow: float32ToBfloat16, widen: bfloat16ToFloat32, column: 1, fractionBits: 7 },
  { name: 'float16', narrow: float32ToFloat16, widen: float16ToFloat32, column: 2, fractionBits: 10 },
])('$name', ({ narrow, widen, column, fractionBits }) => {
  it('rounds as torch does, as recorded', () => {
    expect(recorded.cases.length).toBeGreaterThan(200);
    expect([...narrow(floats)]).toEqual(recorded.cases.map((each) => each[column]));
  });

  it('is exact for every value it has, NaN staying NaN', () => {
    const widened = widen(everyHalf);
    const back = narrow(widened);
    const isNaNBits = (half: number) => (half & 0x7fff) > (0x7fff >> fractionBits) << fractionBits;
    everyHalf.forEach((half) => {
      expect(Number.isNaN(widened[half])).toBe(isNaNBits(half));
      if (!isNaNBits(half)) expect(back[half]).toBe(half);
      else expect(isNaNBits(back[half] as number)).toBe(true);
    });
  });

  it('takes the nearest value, the even one of two', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, max: 65_000, min: -65_000 }), (value) => {
        const half = narrow(Float32Array.of(value))[0] as number;
        const [below, at, above] = widen(Uint16Array.of(half - 1, half, half + 1)) as Float32Array &
          [number, number, number];
        const distance = Math.abs(at - value);
        for (const other of [below, above].filter(Number.isFinite)) {
          // Neighbours across zero or of another sign are no neighbours.
          if (Math.sign(other) * Math.sign(at) < 0) continue;
          expect(distance).toBeLessThanOrEqual(Math.abs(other - value));
          if (distance === Math.abs(other - value) && other !== at) expect(half % 2).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
