import { describe, expect, it } from 'vitest';
import { instantiateKernels } from './kernels.js';
import { webAssembly } from './web-assembly.js';

function setUp(arrays: readonly (readonly number[])[]) {
  const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const bytes = 64;
  const views = arrays.map((numbers, i) => {
    const view = new Float32Array(memory.buffer, i * bytes, 16);
    view.set(numbers);
    return view;
  });
  return { kernels: instantiateKernels(memory), views, addresses: arrays.map((_, i) => i * bytes), bytes };
}

const ramp = (factor: number) => Array.from({ length: 16 }, (_, i) => factor * (i - 7));

describe('optimiser kernels', () => {
  it('take the AdamW step of their definition', () => {
    const { kernels, views, addresses, bytes } = setUp([ramp(1), ramp(0.1), ramp(0.2).map((x) => x * x), ramp(-0.5)]);
    const [p, m, v, g] = views.map((view) => view.slice()) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const [address0 = 0, address1 = 0, address2 = 0, address3 = 0] = addresses;
    kernels.adamw(address0, address1, address2, address3, bytes, 0.9, 0.1, 0.99, 0.01, 0.05, 1e-3, 0.98, 2);
    const [p2, m2, v2, g2] = views;
    for (let i = 0; i < 16; i++) {
      const gradient = 2 * (g[i] ?? 0);
      const mean = 0.9 * (m[i] ?? 0) + 0.1 * gradient;
      const square = 0.99 * (v[i] ?? 0) + 0.01 * gradient * gradient;
      expect(m2?.[i]).toBeCloseTo(mean, 5);
      expect(v2?.[i]).toBeCloseTo(square, 5);
      expect(p2?.[i]).toBeCloseTo(0.98 * (p[i] ?? 0) - (0.05 * mean) / (Math.sqrt(square) + 1e-3), 5);
    }
    expect(g2).toEqual(g);
  });

  it('average towards a vector, exactly where it is the same', () => {
    const { kernels, views, bytes } = setUp([ramp(1), ramp(1).map((x, i) => (i % 2 === 0 ? x : x + 8))]);
    kernels.average(0, bytes, bytes, 0.25);
    expect(views[0]).toEqual(Float32Array.from(ramp(1), (x, i) => (i % 2 === 0 ? x : x + 2)));
  });

  it('touch nothing outside the range', () => {
    const { kernels, views, addresses } = setUp([ramp(1), ramp(2)]);
    kernels.accumulate(addresses[0] ?? 0, addresses[1] ?? 0, 32);
    expect(views[0]).toEqual(Float32Array.from([...ramp(3).slice(0, 8), ...ramp(1).slice(8)]));
    expect(views[1]).toEqual(Float32Array.from(ramp(2)));
  });

  it('square and sum every lane in double precision', () => {
    const { kernels, addresses, bytes } = setUp([[1e30, 1, 2, 3, ...new Array(11).fill(0), 5e29]]);
    expect(kernels.sumOfSquares(addresses[0] ?? 0, bytes) / 1.25e60).toBeCloseTo(1, 6);
    const each = setUp([ramp(1)]);
    expect(each.kernels.sumOfSquares(0, each.bytes)).toBe(ramp(1).reduce((sum, x) => sum + x * x, 0));
    const bad = setUp([[0, 0, Number.NaN]]);
    expect(bad.kernels.sumOfSquares(0, bad.bytes)).toBeNaN();
  });
});
