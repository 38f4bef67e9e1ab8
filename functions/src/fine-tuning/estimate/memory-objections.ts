/** What the memory of runners says against a job: too little of it, little to spare, and settings that save none. */
import { ApiError, type PreflightClass, type RunnerClass } from '@preheat/contracts';
import { inBytes, type Objections } from './objections.js';
import {
  adapterOf,
  keptBeside,
  keptOnHost,
  memoryOn,
  memoryRemedies,
  PEAK_OVER_FORMULA,
  type PhaseShape,
} from './phase-memory.js';

export interface PlacedPhase {
  readonly shape: PhaseShape;
  /** Where its hyperparameters stand in the request. */
  readonly path: string;
}

export function memoryObjections(
  phases: readonly PlacedPhase[],
  judged: readonly PreflightClass[],
  runners: readonly RunnerClass[],
): Objections {
  const fitting = judged.filter(({ fits }) => fits);
  if (fitting.length === 0) return { refusals: [tooLarge(phases, runners)], warnings: [] };
  const tight = fitting.map((each) => poolsOf(phases, each).find(isTight));
  const [first] = tight;
  if (!first || tight.includes(undefined)) return { refusals: [], warnings: [] };
  const beside = first.kept === 0 ? '' : `, beside up to ${inBytes(first.kept)} of models that the runner keeps`;
  const message = `Memory is tight: about ${inBytes(first.needed)} of the ${inBytes(first.has)} of ${first.where}, and a process may take ${PEAK_OVER_FORMULA} times the estimate${beside}. ${first.outcome}`;
  return { refusals: [], warnings: [message] };
}

/** One memory that the job takes a part of. */
interface Pool {
  readonly where: string;
  readonly needed: number;
  readonly has: number;
  /** Models that are in it for other jobs. */
  readonly kept: number;
  /** What happens when it runs out. */
  readonly outcome: string;
}

const isTight = ({ needed, has, kept }: Pool): boolean => PEAK_OVER_FORMULA * needed + kept > has;

function poolsOf(phases: readonly PlacedPhase[], judged: PreflightClass): Pool[] {
  const { runner_class: name, needed, memory_bytes: has, host } = judged;
  const most = (keptBy: (shape: PhaseShape) => number) => Math.max(...phases.map(({ shape }) => keptBy(shape)));
  const kept = most((shape) => keptBeside(shape, judged));
  const outcome = 'A runner that runs out halves its micro-batches once.';
  const device: Pool = { where: name, needed: needed.total, has, kept, outcome };
  if (!host) return [device];
  return [
    device,
    {
      where: `the machine around the GPU of ${name}`,
      needed: host.needed.total,
      has: host.memory_bytes,
      kept: most((shape) => keptOnHost(shape, host.memory_bytes)),
      outcome: 'A runner that runs out of it is killed, and its attempt is lost.',
    },
  ];
}

/** Told for the largest class, which comes nearest. */
function tooLarge(phases: readonly PlacedPhase[], runners: readonly RunnerClass[]): ApiError {
  const largest = runners.reduce((most, each) => (each.memory_bytes > most.memory_bytes ? each : most));
  const needs = phases.map((phase) => ({ ...phase, ...memoryOn(phase.shape, largest) }));
  const beyondDevice = needs.filter(({ lacks }) => lacks === 'device');
  const remedies = (shape: PhaseShape): string => {
    const settings = memoryRemedies(shape, largest).map(
      ({ change, bytes, fits }) => `${change} (${inBytes(bytes)}${fits ? '' : ', still too much alone'})`,
    );
    return `Change: ${[...settings, 'a smaller model'].join('; or ')}.`;
  };
  const refused = (path: string, message: string) => new ApiError('insufficient_memory', message, { param: path });
  if (beyondDevice.length > 0) {
    const worst = beyondDevice.reduce((most, each) => (each.needed.total > most.needed.total ? each : most));
    const { total, micro_batch: at, ...parts } = worst.needed;
    const classes = runners.map(({ name, memory_bytes }) => `${name} has ${inBytes(memory_bytes)}`).join(', ');
    const batches = `micro-batches of ${at.rows} rows of ${at.length} tokens`;
    return refused(
      worst.path,
      `Training needs at least ${inBytes(total)} (${listed(parts)}; ${batches}), and no class of runners has that: ${classes}. ${remedies(worst.shape)}`,
    );
  }
  const worst = needs.reduce((most, each) => ((each.host?.total ?? 0) > (most.host?.total ?? 0) ? each : most));
  const { total = 0, ...parts } = worst.host ?? {};
  const classes = runners.flatMap(({ name, host_memory_bytes: bytes }) =>
    bytes === undefined ? [] : [`that of ${name} has ${inBytes(bytes)}`],
  );
  return refused(
    worst.path,
    `Training needs at least ${inBytes(total)} of the memory of the machine around a GPU (${listed(parts)}), and no class of runners has that: ${classes.join(', ')}. ${remedies(worst.shape)}`,
  );
}

const listed = (parts: Readonly<Record<string, number>>): string =>
  Object.entries(parts)
    .map(([name, bytes]) => `${name} ${inBytes(bytes)}`)
    .join(', ');

/** Settings that save memory on a CPU alone. */
export function storageObjections(phases: readonly PlacedPhase[], runners: readonly RunnerClass[]): Objections {
  const names = runners.filter(({ device }) => device === 'gpu').map(({ name }) => name);
  const warnings = phases.flatMap(({ shape: { config }, path }) => {
    const dtype = config['lora_base_dtype'] ?? 'float32';
    if (names.length === 0 || adapterOf(config) === null || dtype === 'float32') return [];
    return [
      `${path}.lora_base_dtype ${String(dtype)} has no effect on ${names.join(', ')}: on a GPU the weights under an adapter are held as float32, and take the memory of that.`,
    ];
  });
  return { refusals: [], warnings };
}
