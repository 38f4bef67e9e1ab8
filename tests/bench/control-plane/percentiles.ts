/** Latencies of repeated requests. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Nearest rank; NaN without samples. */
export function latencyOf(samplesMs: readonly number[]): Latency {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
