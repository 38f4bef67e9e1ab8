/**
 * One phase of a job: the recipe's steps, with events, progress and checkpoints around them. Recipe-blind: it knows only
 * `init`, `restore`, `step`, `snapshot`. The state a recipe returns is all there is, so a checkpoint is a resume point.
 */
import { type CheckpointRecord, type EndedEarly, guardsOf, type ModelRecord } from '@preheat/contracts';
import { isRecorded, type LeasedJob, limitReached } from '@preheat/jobs';
import {
  type AnyRecipe,
  type AnyRow,
  newAlarms,
  remember,
  type RecipeContext,
  type StepMetrics,
  type StepResult,
  type ValidationAnswers,
} from '@preheat/recipes';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { alarmEvent, isHalting, WorthlessRunError } from './alarms.js';
import type { Interruption } from './interruption.js';
import type { PeakMemory } from './peak-memory.js';
import { PhaseUsage } from './phase-usage.js';
import type { Position } from './position.js';
import { recordValidation } from './record-validation.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { readTrainingState, saveCheckpoint } from './save-checkpoint.js';
import { takeStep } from './take-step.js';
import { ThroughputMeter } from './throughput.js';

/** A recipe's context with the config as the job document holds it. */
export type PhaseContext = RecipeContext<Readonly<Record<string, unknown>>, AnyRow>;

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
  /** Since the phase was opened; null where nobody reads it. */
  readonly memory: PeakMemory | null;
  /** Pipeline steps whose metrics the log already holds. */
  readonly loggedStep: number;
  /** Of the steps before, for detectors; oldest first. */
  readonly history: readonly StepMetrics[];
  /** Told that the recipe's state is there, and the first step begins. */
  readonly opened: () => void;
  /** Told of the first finished step. */
  readonly started: () => void;
  /** Told of every finished step: what it took, and how many of the phase are left, where that is known. */
  readonly stepped: (elapsedMs: number, stepsLeft: number | null) => void;
  /** What may end the phase early: checkpoint, then give the job back. */
  readonly interruption: Interruption;
}

export type PhaseOutcome =
  | { readonly kind: 'finished'; readonly last: CheckpointRecord }
  /** What could be saved is saved; the job can be given back. */
  | { readonly kind: 'interrupted' }
  /** A limit of the job was reached, and its last checkpoint is saved. */
  | { readonly kind: 'limited' };

/** Runs the phase to its end or to an interruption. @throws LostLeaseError; errors of the recipe pass through. */
export async function runPhase(run: PhaseRun): Promise<PhaseOutcome> {
  const { recipe, context, interruption, deps, leased } = run;
  let state = await openState(run);
  run.opened();
  const meter = new ThroughputMeter();
  const usage = new PhaseUsage(run.position, deps.pricePerHour ?? 0);
  let last: Finished | null = null;
  let { history } = run;
  try {
    for (;;) {
      leased.lost.throwIfAborted();
      const startedMs = deps.clock.nowMs();
      const outcome = await takeStep(recipe, state, context, interruption);
      leased.lost.throwIfAborted();
      if (outcome.kind !== 'done') {
        if (outcome.kind === 'yielded' && last && !last.isSaved) await save(run, state, last, usage, null);
        return { kind: 'interrupted' };
      }
      const { result } = outcome;
      state = result.state;
      const elapsedMs = deps.clock.nowMs() - startedMs;
      usage.add(elapsedMs, result.tokens);
      meter.add(elapsedMs, result.tokens);
      const plan = planAfter(run, result);
      report(run, plan, usage.phaseStep, result, meter);
      run.started();
      run.stepped(elapsedMs, result.done ? 0 : stepsLeft(plan, usage.phaseStep));
      history = watch(run, usage.step, result.metrics, history);
      const limit = result.done
        ? null
        : limitReached(leased.job.limits, usage.used(deps.clock.nowMs()), usage.lastStep);
      const isDue =
        result.done ||
        limit !== null ||
        usage.phaseStep % plan.checkpointInterval === 0 ||
        (Boolean(result.validation) && isRecorded(leased.job, run.position.phaseIndex));
      last = { result, isSaved: isDue };
      if (!isDue) continue;
      const record = await save(run, state, last, usage, limit);
      if (result.done) return { kind: 'finished', last: record };
      if (limit) return { kind: 'limited' };
    }
  } finally {
    await recipe.dispose(state);
  }
}

type StepPlan = Pick<PhaseRun, 'phaseSteps' | 'totalSteps' | 'checkpointInterval'>;

/** A recipe that leaves rows out takes fewer steps than planned, and says so: its checkpoints then come as much sooner. */
function planAfter(
  { phaseSteps, totalSteps, checkpointInterval }: PhaseRun,
  { metrics }: StepResult<unknown>,
): StepPlan {
  const taken = metrics['total_steps'];
  if (phaseSteps === null || taken === undefined || taken >= phaseSteps) {
    return { phaseSteps, totalSteps, checkpointInterval };
  }
  return {
    phaseSteps: taken,
    totalSteps: totalSteps === null ? null : totalSteps - (phaseSteps - taken),
    checkpointInterval: Math.max(1, Math.ceil((checkpointInterval * taken) / phaseSteps)),
  };
}

const stepsLeft = ({ phaseSteps }: StepPlan, phaseStep: number): number | null =>
  phaseSteps === null ? null : Math.max(phaseSteps - phaseStep, 0);

/** The last step that was finished. */
interface Finished {
  readonly result: StepResult<unknown>;
  readonly isSaved: boolean;
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

function report(
  run: PhaseRun,
  plan: StepPlan,
  phaseStep: number,
  result: StepResult<unknown>,
  meter: ThroughputMeter,
): void {
  const step = run.position.stepsBefore + phaseStep;
  const speed = meter.read(stepsLeft(plan, phaseStep));
  run.leased.setProgress({
    phaseIndex: run.position.phaseIndex,
    phaseStep,
    phaseSteps: plan.phaseSteps,
    step,
    totalSteps: plan.totalSteps,
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
    ...(run.memory && { peak_memory_bytes: run.memory.read() }),
  };
  run.leased.record({ level: 'info', type: 'metrics', message: result.event.message, data });
  for (const message of result.warnings ?? []) {
    const at = { kind: 'step_warning', phase: run.position.phaseIndex, pipeline_step: step };
    run.leased.record({ level: 'warn', type: 'message', message, data: at });
  }
}

/** Tells of what became wrong with a new step, and returns the history with it. @throws WorthlessRunError */
function watch(
  { leased, loggedStep }: PhaseRun,
  step: number,
  metrics: StepMetrics,
  before: readonly StepMetrics[],
): readonly StepMetrics[] {
  if (step <= loggedStep) return before;
  const history = remember(before, metrics);
  const guards = guardsOf(leased.job.guards);
  for (const alarm of newAlarms(history, guards)) {
    if (isHalting(alarm, guards)) throw new WorthlessRunError(alarm, step);
    leased.record(alarmEvent(alarm, step));
  }
  return history;
}

async function save(
  run: PhaseRun,
  state: unknown,
  { result }: Finished,
  usage: PhaseUsage,
  limit: EndedEarly | null,
): Promise<CheckpointRecord> {
  const { deps, leased, position, base, phaseStart } = run;
  const snapshot = await run.recipe.snapshot(state);
  const { phaseStep, step, trainedTokens, captured } = usage;
  const point = { phaseIndex: position.phaseIndex, phaseStep, step, endsPhase: result.done, trainedTokens };
  const model = { ...run.model, base, phaseStart };
  const checkpoint = { ...point, usage: captured, metrics: result.metrics, endedEarly: limit };
  const record = await saveCheckpoint(deps, leased, model, snapshot, checkpoint);
  if (result.validation) await recordRun(run, step, result.validation);
  return record;
}

async function recordRun({ deps, leased, position, context }: PhaseRun, step: number, answers: ValidationAnswers) {
  const { phaseIndex } = position;
  if (!isRecorded(leased.job, phaseIndex)) return;
  const problem = await recordValidation(deps, leased.job, { phaseIndex, step, tokenizer: context.tokenizer, answers });
  if (problem === null) return;
  const message = `The validation of step ${step} could not be stored as a run of the eval: ${problem}`;
  leased.record({ level: 'warn', type: 'message', message, data: { kind: 'validation_not_recorded', step } });
}
