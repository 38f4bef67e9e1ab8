/** Starts as long as real ones: drawn from measured curves, by index, so that every policy meets the same. */
import { CounterRandom, fastUniforms } from '@preheat/ports';
import type { Duration } from './simulation-options.js';
import { quantile } from './summary.js';
import { baseModelLoadsMs } from './traces/gen-td26.js';
import { huaweiQuantile } from './traces/huawei.js';

const DRAWS = 8_192;

/** Loads of base models onto GPUs, as GenTD26 measured them. */
export function sampledLoadMs(seed: number): Duration {
  const sorted = baseModelLoadsMs().sort((a, b) => a - b);
  return drawn(seed, 'load', (share) => quantile(sorted, share));
}

/**
 * Boots of a machine with a custom image: the curve of Huawei's custom images, whose pods are allocated like machines, scaled to
 * the median of a GPU machine.
 */
export function sampledBootMs(seed: number, medianMs: number): Duration {
  const seconds = huaweiQuantile('fig15a_R2_total_cold_start_s_by_runtime', 'Custom');
  return drawn(seed, 'boot', (share) => (seconds(share) / seconds(0.5)) * medianMs);
}

function drawn(seed: number, label: string, at: (share: number) => number): Duration {
  const uniform = fastUniforms(CounterRandom.fromSeed(seed).fork(label));
  const samples = Float64Array.from({ length: DRAWS }, () => at(uniform()));
  const expectedMs = samples.reduce((sum, ms) => sum + ms, 0) / DRAWS;
  const spreadMs = Math.sqrt(samples.reduce((sum, ms) => sum + (ms - expectedMs) ** 2, 0) / DRAWS);
  return { expectedMs, spreadMs, sampleMs: (index) => samples[index % DRAWS] as number };
}
