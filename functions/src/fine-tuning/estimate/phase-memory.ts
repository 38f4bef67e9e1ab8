/** What a phase takes of the memory of a class of runners, and what would make it take less. */
import {
  type DecoderConfig,
  parameterCount,
  type PreflightMemory,
  type ResolvedPhase,
  type RunnerClass,
} from '@preheat/contracts';
import { type AdapterConfig, adapterSettings, recipeNamed } from '@preheat/recipes/catalog';
import { type AdapterShape, keptModelBytes, rolloutMemory, trainingMemory } from '@preheat/scheduler';

export interface PhaseShape {
  readonly type: ResolvedPhase['type'];
  readonly algorithm: ResolvedPhase['algorithm'];
  readonly config: ResolvedPhase['config'];
  readonly model: DecoderConfig;
  /** Tokens of the longest sequence, and sequences of a step. */
  readonly longest: number;
  readonly sequencesPerStep: number;
}

/** A process before anything is opened. */
const PROCESS_BYTES = 150e6;
/** The peak of a process stays within this multiple of the formula (docs/engine.md). */
export const PEAK_OVER_FORMULA = 1.5;

export interface ClassMemory {
  /** With the most lanes that fit, or else with one. */
  readonly needed: PreflightMemory;
  readonly fits: boolean;
}

/** A runner that runs out of memory halves its micro-batch once, and computes with fewer lanes where memory is short. */
export function memoryOn(phase: PhaseShape, runner: RunnerClass): ClassMemory {
  const wholeRows = microBatchRows(phase, runner.micro_batch_tokens);
  const halfRows = Math.max(1, wholeRows / 2);
  for (const rows of new Set([wholeRows, halfRows])) {
    for (let lanes = runner.lanes; lanes >= 1; lanes = Math.floor(lanes / 2)) {
      const needed = memoryWith(phase, runner, rows, lanes);
      if (needed.total <= runner.memory_bytes) return { needed, fits: true };
    }
  }
  return { needed: memoryWith(phase, runner, halfRows, 1), fits: false };
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

/** Row counts are powers of two; a row that is longer than a micro-batch gets one of its own. */
function microBatchRows({ longest, sequencesPerStep }: PhaseShape, tokens: number): number {
  const most = Math.max(1, Math.floor(tokens / longest));
  return Math.min(2 ** Math.floor(Math.log2(most)), 2 ** Math.ceil(Math.log2(Math.max(1, sequencesPerStep))));
}

function memoryWith(
  phase: PhaseShape,
  { device, lanes: cores }: RunnerClass,
  rows: number,
  lanes: number,
): PreflightMemory {
  const { type, algorithm, config, model, longest: length } = phase;
  const microBatch = { batch: rows, length };
  const averages = Number(config['ema_decay'] ?? 0) > 0;
  const recomputes = config['gradient_checkpointing'] === true;
  const hasReference = recipeNamed(algorithm)?.hasReference(config) ?? false;
  const kept = { averages, recomputes, hasReference };
  const training = trainingMemory({ config: model, adapter: adapterOf(config), microBatch, lanes, device, ...kept });
  const rollouts = type === 'reinforcement' ? rolloutMemory(model, device === 'gpu' ? 1 : cores) : 0;
  const parts = {
    weights: Math.round(training.weights),
    optimizer: Math.round(training.optimizer),
    gradients: Math.round(training.gradients),
    activations: Math.round(training.activations),
    rollouts,
    runtime: Math.round(training.runtime + PROCESS_BYTES),
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

/** Settings that would need less, noticeably or just enough, each with what the class would then have to hold; those that fit first. */
export function memoryRemedies(phase: PhaseShape, runner: RunnerClass): Remedy[] {
  const { config, longest, sequencesPerStep } = phase;
  const now = memoryOn(phase, runner).needed.total;
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
      const { needed, fits } = memoryOn({ ...phase, ...other }, runner);
      return { change, bytes: needed.total, fits };
    })
    .filter(({ bytes, fits }) => fits || bytes < NOTICEABLE * now)
    .sort((a, b) => Number(b.fits) - Number(a.fits) || b.bytes - a.bytes);
}

const LORA = { lora_rank: 8, lora_alpha: 16, lora_dropout: 0, lora_target_modules: ['all-linear'] };
const NOTICEABLE = 0.95;
