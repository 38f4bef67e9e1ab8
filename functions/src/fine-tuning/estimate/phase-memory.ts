/** What a phase takes of the memory of a class of runners, and what would make it take less. */
import {
  type DecoderConfig,
  parameterCount,
  type PreflightMemory,
  type ResolvedPhase,
  type RunnerClass,
} from '@preheat/contracts';
import { type AdapterConfig, adapterSettings, idleReference } from '@preheat/recipes/catalog';
import {
  type AdapterShape,
  type HostMemory,
  hostMemory,
  keptModelBytes,
  rolloutMemory,
  rowMemory,
  trainingMemory,
} from '@preheat/scheduler';

export interface PhaseShape {
  readonly type: ResolvedPhase['type'];
  readonly algorithm: ResolvedPhase['algorithm'];
  readonly config: ResolvedPhase['config'];
  readonly model: DecoderConfig;
  /** Tokens of the longest sequence, and sequences of a step. */
  readonly longest: number;
  readonly sequencesPerStep: number;
  /** Of the data files of the job. */
  readonly dataBytes: number;
}

/** A process before anything is opened. */
const PROCESS_BYTES = 150e6;
/** The peak of a process stays within this multiple of the formula (docs/engine.md). */
export const PEAK_OVER_FORMULA = 1.5;

export interface ClassMemory {
  /** With the most lanes that fit, or else with one. */
  readonly needed: PreflightMemory;
  /** In the memory of a GPU's machine; null on CPUs, and where the class says nothing of it. */
  readonly host: HostMemory | null;
  readonly fits: boolean;
  /** What there is too little of: the memory that training computes in, or else that of the machine around it. */
  readonly lacks: 'device' | 'host' | null;
}

/** A runner that runs out of memory halves its micro-batch once, and computes with fewer lanes where memory is short. */
export function memoryOn(phase: PhaseShape, runner: RunnerClass): ClassMemory {
  const host = hostOf(phase, runner);
  const isHeld = host === null || host.total <= (runner.host_memory_bytes ?? 0);
  const wholeRows = microBatchRows(phase, runner.micro_batch_tokens);
  const halfRows = Math.max(1, wholeRows / 2);
  for (const rows of new Set([wholeRows, halfRows])) {
    for (let lanes = runner.lanes; lanes >= 1; lanes = Math.floor(lanes / 2)) {
      const needed = memoryWith(phase, runner, rows, lanes);
      if (needed.total <= runner.memory_bytes) return { needed, host, fits: isHeld, lacks: isHeld ? null : 'host' };
    }
  }
  return { needed: memoryWith(phase, runner, halfRows, 1), host, fits: false, lacks: 'device' };
}

const averagesOf = (config: ResolvedPhase['config']): boolean => Number(config['ema_decay'] ?? 0) > 0;

function hostOf({ type, config, model, dataBytes }: PhaseShape, runner: RunnerClass): HostMemory | null {
  if (runner.device === 'cpu' || runner.host_memory_bytes === undefined) return null;
  return hostMemory({
    config: model,
    adapter: adapterOf(config),
    averages: averagesOf(config),
    samples: type === 'reinforcement',
    rolloutWorkers: runner.rollout_workers ?? null,
    dataBytes,
  });
}

const BYTES_PER_WEIGHT = 4;

/**
 * Bytes of models that a runner may hold in the same memory beside the phase: those kept for later jobs, at least the one that
 * this job starts from, and judges. None on a GPU, whose memory they do not take.
 */
export function keptBeside(
  { model, type }: PhaseShape,
  { device, memory_bytes }: Pick<RunnerClass, 'device' | 'memory_bytes'>,
): number {
  if (device === 'gpu') return 0;
  const budget = keptModelBytes(memory_bytes);
  return Math.max(budget, BYTES_PER_WEIGHT * parameterCount(model)) + (type === 'reinforcement' ? budget : 0);
}

/** The same of a GPU's machine, beside the model that the job starts from, which is counted in what the phase needs there. */
export function keptOnHost({ model, type }: PhaseShape, hostBytes: number): number {
  const budget = keptModelBytes(hostBytes);
  const others = Math.max(0, budget - BYTES_PER_WEIGHT * parameterCount(model));
  return others + (type === 'reinforcement' ? budget : 0);
}

/** Row counts are powers of two; a row that is longer than a micro-batch gets one of its own. */
function microBatchRows({ longest, sequencesPerStep }: PhaseShape, tokens: number): number {
  const most = Math.max(1, Math.floor(tokens / longest));
  return Math.min(2 ** Math.floor(Math.log2(most)), 2 ** Math.ceil(Math.log2(Math.max(1, sequencesPerStep))));
}

function memoryWith(
  phase: PhaseShape,
  { device, lanes: cores, rollout_workers: hostWorkers }: RunnerClass,
  rows: number,
  lanes: number,
): PreflightMemory {
  const { type, algorithm, config, model, longest: length, dataBytes } = phase;
  const microBatch = { batch: rows, length };
  const averages = averagesOf(config);
  const recomputes = config['gradient_checkpointing'] === true;
  const hasReference = idleReference(algorithm, config) === null;
  const kept = { averages, recomputes, hasReference };
  const training = trainingMemory({ config: model, adapter: adapterOf(config), microBatch, lanes, device, ...kept });
  const isGpu = device === 'gpu';
  const decodesHere = type === 'reinforcement' && !(isGpu && hostWorkers !== undefined);
  const rollouts = decodesHere ? rolloutMemory(model, isGpu ? 1 : cores) : 0;
  const parts = {
    weights: Math.round(training.weights),
    optimizer: Math.round(training.optimizer),
    gradients: Math.round(training.gradients),
    activations: Math.round(training.activations),
    rollouts,
    runtime: Math.round(training.runtime + PROCESS_BYTES + (isGpu ? 0 : rowMemory(dataBytes))),
  };
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { ...parts, total, micro_batch: { rows, length } };
}

/** The adapter that a phase trains; null where it trains the whole model. */
export function adapterOf(config: ResolvedPhase['config']): AdapterShape | null {
  const settings = adapterSettings(config as unknown as AdapterConfig);
  const storage = (config['lora_base_dtype'] ?? 'float32') as AdapterShape['storage'];
  return settings && { rank: settings.rank, targetModules: settings.targetModules, storage };
}

export interface Remedy {
  /** `lora_rank 8`. */
  readonly change: string;
  readonly bytes: number;
  readonly fits: boolean;
}

/**
 * Settings that would need less of the memory that is lacking, noticeably or just enough, each with what the class would then have to hold;
 * those that fit first.
 */
export function memoryRemedies(phase: PhaseShape, runner: RunnerClass): Remedy[] {
  const { config, longest, sequencesPerStep } = phase;
  const { lacks, ...now } = memoryOn(phase, runner);
  const bytesOf = ({ needed, host }: Pick<ClassMemory, 'needed' | 'host'>): number =>
    lacks === 'host' && host ? host.total : needed.total;
  const isWhole = adapterOf(config) === null;
  const shorter = Math.max(8, Math.floor(longest / 2));
  const fewerBits: [string, Partial<PhaseShape>] = [
    isWhole ? 'lora_rank 8 with lora_base_dtype int8' : 'lora_base_dtype int8',
    { config: { ...config, ...(isWhole ? LORA : {}), lora_base_dtype: 'int8' } },
  ];
  const candidates: [string, Partial<PhaseShape>][] = [
    ...(isWhole ? [['lora_rank 8', { config: { ...config, ...LORA } }] as [string, Partial<PhaseShape>]] : []),
    // Executors on GPUs hold float32 alone.
    ...(runner.device === 'gpu' ? [] : [fewerBits]),
    ['gradient_checkpointing true', { config: { ...config, gradient_checkpointing: true } }],
    [`max_sequence_length ${shorter}`, { longest: shorter }],
    ...(sequencesPerStep > 1 ? [['batch_size 1', { sequencesPerStep: 1 }] as [string, Partial<PhaseShape>]] : []),
    ['ema_decay 0', { config: { ...config, ema_decay: 0 } }],
    ['kl_beta 0', { config: { ...config, kl_beta: 0 } }],
  ];
  return candidates
    .map(([change, other]) => {
      const then = memoryOn({ ...phase, ...other }, runner);
      return { change, bytes: bytesOf(then), fits: then.fits };
    })
    .filter(({ bytes, fits }) => fits || bytes < NOTICEABLE * bytesOf(now))
    .sort((a, b) => Number(b.fits) - Number(a.fits) || b.bytes - a.bytes);
}

const LORA = { lora_rank: 8, lora_alpha: 16, lora_dropout: 0, lora_target_modules: ['all-linear'] };
const NOTICEABLE = 0.95;
