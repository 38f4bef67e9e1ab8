/** A job against every class of runners: does it fit, how long would it train, what would that cost. */
import type { PreflightClass, PreflightRange, RunnerClass, ThroughputSample } from '@preheat/contracts';
import { type ComputeSpeeds, estimateTime, type Range } from '@preheat/scheduler';
import { memoryOn, type PhaseShape } from './phase-memory.js';
import type { PhaseWork } from './phase-work.js';

export interface EstimatedPhase {
  readonly shape: PhaseShape;
  readonly work: PhaseWork;
  /** Of earlier phases of the kind on this class of runners. */
  readonly speedsOn: (runnerClass: string) => Promise<readonly ThroughputSample[]>;
}

export interface JudgedClass {
  readonly told: PreflightClass;
  /** Until the first step of a phase is finished, for each phase; what a runner begins with after any interruption. */
  readonly firstSteps: readonly PreflightRange[];
}

export async function judgeClass(phases: readonly EstimatedPhase[], runner: RunnerClass): Promise<JudgedClass> {
  const memories = phases.map(({ shape }) => memoryOn(shape, runner));
  const worst = memories.reduce((most, each) => (each.needed.total > most.needed.total ? each : most));
  const hosts = memories.flatMap(({ host }) => host ?? []);
  const [host] = hosts.sort((a, b) => b.total - a.total);
  const fits = memories.every((memory) => memory.fits);
  const speeds = { training: runner.flops, sampling: runner.sampling_flops ?? runner.flops };
  const times = await Promise.all(
    phases.map(async ({ work, speedsOn }) => estimateTime(work, await speedsOn(runner.name), speeds)),
  );
  const seconds = sumOf(times.map((time) => time.seconds));
  const cost = { low: seconds.low * runner.price_per_second, high: seconds.high * runner.price_per_second };
  const bases = times.map(({ basis }, index) => (phases.length > 1 ? `phase ${index + 1} ${basis}` : basis));
  const told = {
    runner_class: runner.name,
    device: runner.device,
    memory_bytes: runner.memory_bytes,
    needed: worst.needed,
    ...(host && { host: { memory_bytes: runner.host_memory_bytes ?? 0, needed: { ...host } } }),
    fits,
    train_seconds: fits ? seconds : null,
    cost: fits ? cost : null,
    basis: bases.join('; ').slice(0, MAX_BASIS),
  };
  const firstSteps = phases.map(({ work }, index) => firstStepOf(work, times[index]?.seconds ?? NOTHING, speeds));
  return { told, firstSteps };
}

const NOTHING: PreflightRange = { low: 0, high: 0 };

/** What comes before the first step, and one of equal steps. @param seconds Of the whole phase. */
function firstStepOf(work: PhaseWork, seconds: PreflightRange, speeds: ComputeSpeeds): PreflightRange {
  const { steps, flops, flopsBefore, samplingFlops, samplingFlopsBefore } = work;
  const end = (side: 'low' | 'high', speed: 'low' | 'high'): number => {
    const secondsOf = (trained: Range, sampled: Range): number =>
      trained[side] / speeds.training[speed] + sampled[side] / speeds.sampling[speed];
    const all = secondsOf(flops, samplingFlops);
    const before = all > 0 ? secondsOf(flopsBefore, samplingFlopsBefore) / all : 0;
    return seconds[side] * (before + (1 - before) / Math.max(1, steps));
  };
  return { low: end('low', 'high'), high: end('high', 'low') };
}

const MAX_BASIS = 1024;

/** Ranges added up, each end for itself. */
export function sumOf(ranges: readonly PreflightRange[]): PreflightRange {
  return ranges.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), { low: 0, high: 0 });
}
