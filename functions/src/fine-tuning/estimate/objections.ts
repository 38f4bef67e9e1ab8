/** What estimates say against a job: budgets that it would not end within, and a first step that outlasts its guard. */
import { ApiError, type Guards, type JobLimits, type PreflightClass, type PreflightRange } from '@preheat/contracts';
import type { JudgedClass } from './judge-classes.js';

/** `refusals` hold unless forced; `warnings` are told and hold nobody back. */
export interface Objections {
  readonly refusals: readonly ApiError[];
  readonly warnings: readonly string[];
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
