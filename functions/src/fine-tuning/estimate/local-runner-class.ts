/** This machine as a class of runners: where the platform is embedded, it is the one there is. */
import { availableParallelism } from 'node:os';
import { availableMemoryBytes } from '@preheat/adapters/system';
import { LOCAL_RUNNER_CLASS, type RunnerClass } from '@preheat/contracts';

/** The trainer's default on CPUs. */
const MICRO_BATCH_TOKENS = 1024;
/** Of a core: what small models reach where others use the machine too, and what no core exceeds (docs/preflight.md). */
const FLOPS_PER_CORE = { low: 2e9, high: 150e9 };
const SECONDS_PER_HOUR = 3600;

export function localRunnerClass(pricePerHour = 0): RunnerClass {
  const cores = availableParallelism();
  return {
    name: LOCAL_RUNNER_CLASS,
    device: 'cpu',
    memory_bytes: availableMemoryBytes(),
    lanes: cores,
    micro_batch_tokens: MICRO_BATCH_TOKENS,
    price_per_second: pricePerHour / SECONDS_PER_HOUR,
    flops: { low: cores * FLOPS_PER_CORE.low, high: cores * FLOPS_PER_CORE.high },
  };
}
