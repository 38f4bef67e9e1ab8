/**
 * One phase of a job: the recipe's steps, with events, progress and checkpoints around them. Recipe-blind: it knows only
 * `init`, `restore`, `step`, `snapshot`. The state a recipe returns is all there is, so a checkpoint is a resume point.
 */
import type { CheckpointRecord, ModelRecord } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import type { AnyRecipe, RecipeContext, StepResult } from '@preheat/recipes';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { Position } from './position.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { readTrainingState, saveCheckpoint } from './save-checkpoint.js';
import { ThroughputMeter } from './throughput.js';

/** A recipe's context with the config as the job document holds it. */
export type PhaseContext = RecipeContext<Readonly<Record<string, unknown>>>;

export interface PhaseRun {
  readonly deps: RunnerDependencies;
  readonly leased: LeasedJob;
  readonly recipe: AnyRecipe;
  readonly context: PhaseContext;
  readonly model: ModelDescription;
  /** What the adapter in training changes; null where the whole model is trained. */
  readonly base: ModelRecord | null;
  /** The model before the first step of the phase. */
  readonly phaseStart: ModelRecord;
  readonly position: Position;
  /** Steps of this phase, and of all phases, as far as they can be known in advance. */
  readonly phaseSteps: number | null;
  readonly totalSteps: number | null;
  readonly checkpointInterval: number;
  /** Pipeline steps whose metrics the log already holds. */
  readonly loggedStep: number;
  /** Aborts when the process must stop: checkpoint, then give the job back. */
  readonly shutdown: AbortSignal;
}

export type PhaseOutcome =
  | { readonly kind: 'finished'; readonly last: CheckpointRecord }
  /** A checkpoint is saved; the job can be given back. */
  | { readonly kind: 'interrupted' };

/** Runs the phase to its end or to an interruption. @throws LostLeaseError; errors of the recipe pass through. */
export async function runPhase(run: PhaseRun): Promise<PhaseOutcome> {
  const { recipe, context, position } = run;
  let state = await openState(run);
  const meter = new ThroughputMeter();
  const done = position.isResume ? (position.from?.phaseStep ?? 0) : 0;
  let tokens = position.isResume ? (position.from?.trainedTokens ?? 0) : position.tokensBefore;
  try {
    for (let phaseStep = done + 1; ; phaseStep++) {
      run.leased.lost.throwIfAborted();
      const startedMs = run.deps.clock.nowMs();
      const result = await recipe.step(state, context);
      state = result.state;
      tokens += result.tokens;
      meter.add(run.deps.clock.nowMs() - startedMs, result.tokens);
      report(run, phaseStep, result, meter);
      const isInterrupted = run.shutdown.aborted || run.leased.isPausing;
      if (result.done || isInterrupted || phaseStep % run.checkpointInterval === 0) {
        const last = await save(run, state, phaseStep, result, tokens);
        if (result.done) return { kind: 'finished', last };
        if (isInterrupted) return { kind: 'interrupted' };
      }
    }
  } finally {
    await recipe.dispose(state);
  }
}

async function openState(run: PhaseRun): Promise<unknown> {
  const { recipe, context, position, deps } = run;
  if (!position.isResume || position.from === null) return recipe.init(context);
  const training = await readTrainingState(deps, position.from.prefix);
  const { initialWeights, adapter = null } = context;
  const trained = adapter
    ? { weights: adapter.tensors, adapter: adapter.config }
    : { weights: initialWeights, adapter: null };
  return recipe.restore(context, { ...training, ...trained });
}

function report(run: PhaseRun, phaseStep: number, result: StepResult<unknown>, meter: ThroughputMeter): void {
  const step = run.position.stepsBefore + phaseStep;
  const stepsLeft = run.phaseSteps === null ? null : Math.max(run.phaseSteps - phaseStep, 0);
  const speed = meter.read(stepsLeft);
  run.leased.setProgress({
    phaseIndex: run.position.phaseIndex,
    phaseStep,
    phaseSteps: run.phaseSteps,
    step,
    totalSteps: run.totalSteps,
    ...speed,
  });
  if (step <= run.loggedStep) return;
  const data = {
    ...result.event.data,
    kind: 'metrics',
    phase: run.position.phaseIndex,
    pipeline_step: step,
    tokens_per_second: speed.tokensPerSecond,
    eta_seconds: speed.etaSeconds,
  };
  run.leased.record({ level: 'info', type: 'metrics', message: result.event.message, data });
  for (const message of result.warnings ?? []) {
    const at = { kind: 'step_warning', phase: run.position.phaseIndex, pipeline_step: step };
    run.leased.record({ level: 'warn', type: 'message', message, data: at });
  }
}

async function save(
  run: PhaseRun,
  state: unknown,
  phaseStep: number,
  result: StepResult<unknown>,
  trainedTokens: number,
): Promise<CheckpointRecord> {
  const { deps, leased, position, base, phaseStart } = run;
  const snapshot = await run.recipe.snapshot(state);
  const step = position.stepsBefore + phaseStep;
  const point = { phaseIndex: position.phaseIndex, phaseStep, step, endsPhase: result.done, trainedTokens };
  const model = { ...run.model, base, phaseStart };
  return saveCheckpoint(deps, leased, model, snapshot, { ...point, metrics: result.metrics });
}
