/** What estimates say against a job: memory that no class of runners has, and budgets that it would not end within. */
import {
  ApiError,
  type Guards,
  type JobLimits,
  type PreflightClass,
  type PreflightRange,
  type RunnerClass,
} from '@preheat/contracts';
import type { JudgedClass } from './judge-classes.js';
import { adapterOf, keptBeside, memoryOn, memoryRemedies, PEAK_OVER_FORMULA, type PhaseShape } from './phase-memory.js';

/** `refusals` hold unless forced; `warnings` are told and hold nobody back. */
export interface Objections {
  readonly refusals: readonly ApiError[];
  readonly warnings: readonly string[];
}

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
  const keptOn = (judgedClass: PreflightClass) =>
    Math.max(...phases.map(({ shape }) => keptBeside(shape, judgedClass)));
  const isTight = fitting.every((each) => PEAK_OVER_FORMULA * each.needed.total + keptOn(each) > each.memory_bytes);
  if (!isTight) return { refusals: [], warnings: [] };
  const [first] = fitting as [PreflightClass];
  const { needed, memory_bytes, runner_class } = first;
  const kept = keptOn(first);
  const beside = kept === 0 ? '' : `, beside up to ${inBytes(kept)} of models that the runner keeps`;
  const message = `Memory is tight: about ${inBytes(needed.total)} of the ${inBytes(memory_bytes)} of ${runner_class}, and a process may take ${PEAK_OVER_FORMULA} times the estimate${beside}. A runner that runs out halves its micro-batches once.`;
  return { refusals: [], warnings: [message] };
}

/** Told for the largest class, which comes nearest. */
function tooLarge(phases: readonly PlacedPhase[], runners: readonly RunnerClass[]): ApiError {
  const largest = runners.reduce((most, each) => (each.memory_bytes > most.memory_bytes ? each : most));
  const needs = phases.map((phase) => ({ ...phase, ...memoryOn(phase.shape, largest) }));
  const worst = needs.reduce((most, each) => (each.needed.total > most.needed.total ? each : most));
  const { total, micro_batch: at, ...parts } = worst.needed;
  const told = Object.entries(parts).map(([name, bytes]) => `${name} ${inBytes(bytes)}`);
  const classes = runners.map(({ name, memory_bytes }) => `${name} has ${inBytes(memory_bytes)}`).join(', ');
  const remedies = memoryRemedies(worst.shape, largest).map(
    ({ change, bytes, fits }) => `${change} (${inBytes(bytes)}${fits ? '' : ', still too much alone'})`,
  );
  const message =
    `Training needs at least ${inBytes(total)} (${told.join(', ')}; micro-batches of ${at.rows} rows of ${at.length} tokens), ` +
    `and no class of runners has that: ${classes}. Change: ${[...remedies, 'a smaller model'].join('; or ')}.`;
  return new ApiError('insufficient_memory', message, { param: worst.path });
}

export function budgetObjections(
  limits: JobLimits,
  judged: readonly PreflightClass[],
  tokens: PreflightRange,
): Objections {
  const fitting = judged.filter(({ fits }) => fits);
  const time = envelope(fitting.flatMap(({ train_seconds }) => train_seconds ?? []));
  const cost = envelope(fitting.flatMap((each) => each.cost ?? []));
  const basis = fitting[0]?.basis ?? '';
  const { maxTrainMs, maxTokens, maxCost } = limits;
  const rows: [string, number | null, PreflightRange | null, string][] = [
    ['max_train_seconds', maxTrainMs === null ? null : maxTrainMs / 1000, time, 'seconds of training'],
    ['max_tokens', maxTokens, tokens, 'trained tokens'],
    ['max_cost', maxCost, cost, 'of cost'],
  ];
  const refusals: ApiError[] = [];
  const warnings: string[] = [];
  for (const [field, limit, estimate, unit] of rows) {
    if (limit === null || estimate === null || estimate.high <= limit) continue;
    const [low, high] = [rounded(estimate.low), rounded(estimate.high)];
    const source = field === 'max_tokens' ? '' : ` (${basis})`;
    const told = `The job is estimated to take ${low === high ? low : `${low} to ${high}`} ${unit}${source}, and budget.${field} is ${limit}.`;
    if (estimate.low > limit) {
      const message = `${told} Raise budget.${field} to at least ${low}, or train less: lower n_epochs, max_steps or the number of rows.`;
      refusals.push(new ApiError('budget_too_small', message, { param: `budget.${field}` }));
    } else warnings.push(`${told} It may end at that limit, with its best checkpoint.`);
  }
  return { refusals, warnings };
}

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

/** A first step that takes longer than its guard pauses the job, on every runner alike. */
export function firstStepObjections(judged: readonly JudgedClass[], { first_step_seconds: guard }: Guards): Objections {
  const fitting = judged.filter(({ told }) => told.fits);
  const phases = fitting[0]?.firstSteps ?? [];
  const warnings = phases.flatMap((_, index) => {
    const step = envelope(fitting.flatMap(({ firstSteps }) => firstSteps[index] ?? []));
    if (guard === null || step === null || step.high <= guard) return [];
    const phase = phases.length > 1 ? ` of phase ${index + 1}` : '';
    const range = `${rounded(step.low)} to ${rounded(step.high)} s`;
    return `The first step${phase} is estimated to take ${range}, and guards.first_step_seconds is ${guard}: a job whose first step takes longer is paused. Raise the guard, or make a step smaller (batch_size, and in reinforcement group_size and max_completion_tokens).`;
  });
  return { refusals: [], warnings };
}

/** From the best class to the worst: which one takes the job is not known. */
function envelope(ranges: readonly PreflightRange[]): PreflightRange | null {
  if (ranges.length === 0) return null;
  return { low: Math.min(...ranges.map(({ low }) => low)), high: Math.max(...ranges.map(({ high }) => high)) };
}

const rounded = (value: number): number => (value >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));

export function inBytes(bytes: number): string {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, 'GB'] : [bytes / 1e6, 'MB'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
