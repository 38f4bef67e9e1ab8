/**
 * How long training takes, as a range whose ends are both meant: from speeds that earlier jobs were measured at, or else
 * from operations and what a class of runners computes a second. Never one number: neither source knows it.
 */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Operations a second, from bad to good shapes. */
export interface ComputeSpeeds {
  readonly training: Range;
  readonly sampling: Range;
}

/** Of an earlier phase of the same kind. */
export interface MeasuredSpeed {
  readonly tokens: number;
  readonly trainMs: number;
}

export interface TrainingWork {
  /** Trained on. */
  readonly tokens: Range;
  readonly steps: number;
  /** Of what is trained and scored. */
  readonly flops: Range;
  /** Of what is sampled. */
  readonly samplingFlops: Range;
}

export interface TimeEstimate {
  readonly seconds: Range;
  /** What the numbers are derived from, for people. */
  readonly basis: string;
}

/** Rows of another length or batches of another size run at another speed. */
const SPREAD_OF_MEASUREMENTS = 1.3;
/** Of a step beside its arithmetic: the optimiser, graders, evaluations and checkpoints. */
const STEP_OVERHEAD_SECONDS: Range = { low: 0.0005, high: 0.25 };
/** Fewer steps spend most of their time on opening sessions. */
const LEAST_STEPS_MEASURED = 3;

export function estimateTime(
  work: TrainingWork,
  measured: readonly (MeasuredSpeed & { steps: number })[],
  operationsPerSecond: ComputeSpeeds,
): TimeEstimate {
  const speeds = measured
    .filter(({ steps, tokens, trainMs }) => steps >= LEAST_STEPS_MEASURED && tokens > 0 && trainMs > 0)
    .map(({ tokens, trainMs }) => (1000 * tokens) / trainMs);
  return speeds.length > 0 ? fromSpeeds(work, speeds) : fromOperations(work, operationsPerSecond);
}

function fromSpeeds({ tokens }: TrainingWork, speeds: readonly number[]): TimeEstimate {
  const slowest = Math.min(...speeds) / SPREAD_OF_MEASUREMENTS;
  const fastest = Math.max(...speeds) * SPREAD_OF_MEASUREMENTS;
  const of = speeds.length === 1 ? 'one earlier phase' : `${speeds.length} earlier phases`;
  return {
    seconds: { low: tokens.low / fastest, high: tokens.high / slowest },
    basis: `measured: ${of} of this model and algorithm trained on ${rounded(Math.min(...speeds))} to ${rounded(Math.max(...speeds))} tokens a second`,
  };
}

function fromOperations(work: TrainingWork, { training, sampling }: ComputeSpeeds): TimeEstimate {
  const { flops, samplingFlops, steps } = work;
  // The least work at the best speed, and the most at the worst.
  const low = flops.low / training.high + samplingFlops.low / sampling.high;
  const high = flops.high / training.low + samplingFlops.high / sampling.low;
  const parts = [
    ...(flops.high > 0 ? [`${gigaflops(flops)} Gflop at ${gigaflops(training)} Gflop a second`] : []),
    ...(samplingFlops.high > 0
      ? [`${gigaflops(samplingFlops)} Gflop of sampling at ${gigaflops(sampling)} Gflop a second`]
      : []),
  ];
  return {
    seconds: { low: low + steps * STEP_OVERHEAD_SECONDS.low, high: high + steps * STEP_OVERHEAD_SECONDS.high },
    basis: `formula: ${parts.join(' and ')}; no earlier job of this model and algorithm was measured`,
  };
}

const rounded = (value: number): string => String(Number(value.toPrecision(2)));
const gigaflops = ({ low, high }: Range): string => `${rounded(low / 1e9)} to ${rounded(high / 1e9)}`;
