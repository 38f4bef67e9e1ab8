import { expect, it } from 'vitest';
import { ThroughputMeter } from './throughput.js';

it('knows nothing before the first step, then smooths speed and time left', () => {
  const meter = new ThroughputMeter();
  expect(meter.read(10)).toEqual({ tokensPerSecond: null, etaSeconds: null });
  meter.add(500, 1_000);
  expect(meter.read(10)).toEqual({ tokensPerSecond: 2_000, etaSeconds: 5 });
  meter.add(1_500, 1_500);
  const { tokensPerSecond, etaSeconds } = meter.read(10);
  expect(tokensPerSecond).toBeCloseTo(2_000 + 0.2 * (1_000 - 2_000));
  expect(etaSeconds).toBeCloseTo(10 * (0.5 + 0.2 * (1.5 - 0.5)));
  expect(meter.read(null).etaSeconds).toBeNull();
});
