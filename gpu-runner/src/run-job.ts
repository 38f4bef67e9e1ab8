/**
 * A leased job from where its document says it stands to its end, a pause, or this process's shutdown. The outcome is always
 * written to the ledger: success, failure with a cause, or the job given back with a checkpoint.
 */
import { guardsOf, InvariantError, invariant, type JobError, type NewEvent } from '@preheat/contracts';
import { BundleError } from '@preheat/checkpoints';
import { NonFiniteLogitsError } from '@preheat/inference';
import { bestCheckpoint, fineTunedModelName, type LeasedJob, LostLeaseError } from '@preheat/jobs';
import { TrainingDivergedError, UnusableRowsError } from '@preheat/recipes';
import { alarmEvent, alarmOf, isHalting, WorthlessRunError } from './alarms.js';
import { EvaluationWarmth } from './evaluation-warmth.js';
import { damagedCheckpoint, fallBack } from './fall-back.js';
import { FirstStepError, FirstStepWatch } from './first-step.js';
import { beatUntil, RENEWALS_PER_LEASE } from './heartbeat.js';
import { exportModel, ParityError } from './export-model.js';
import { Interruption, unlessInterrupted } from './interruption.js';
import { DeadlineError, endedEarlyEvent, isOverLimit } from './job-limits.js';
import { lastLoggedStep } from './logged-steps.js';
import { planPhases } from './plan-phases.js';
import { afterPhase, positionOf } from './position.js';
import { recordSpeed } from './record-speed.js';
import { writeResultFiles } from './result-files.js';
import { runPhase } from './run-phase.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { startEvent } from './start-event.js';
import { stepHistory } from './step-history.js';
import { publishFinalModel } from './save-checkpoint.js';
import { preparePhase } from './prepare-phase.js';

/**
 * `released`: can go on at once. `attempt-failed`: goes on when the sweeper rings, later after every failure in a row.
 * `halted`: paused, because going on was worthless.
 */
export type JobOutcome = 'succeeded' | 'failed' | 'released' | 'halted' | 'attempt-failed' | 'lost';

/**
 * Runs the job; resolves once the ledger says how it went. Only a store that stays unreachable makes it throw.
 * @param shutdown Leave soon; it aborts with the reason.
 * @param held Leave between two steps; it aborts with the reason.
 */
export async function runJob(
  deps: RunnerDependencies,
  leased: LeasedJob,
  shutdown: AbortSignal,
  held: AbortSignal = new AbortController().signal,
): Promise<JobOutcome> {
  const log = deps.log.child({ jobId: leased.job.id, epoch: leased.lease.epoch });
  const finished = new AbortController();
  const beating = beatUntil(finished.signal, leased, { clock: deps.clock, ttlMs: deps.leaseTtlMs, log });
  const patienceMs = deps.leaseTtlMs / RENEWALS_PER_LEASE;
  const interruption = new Interruption(leased, { shutdown, held }, { clock: deps.clock, patienceMs });
  const firstStep = new FirstStepWatch(deps.clock, guardsOf(leased.job.guards).first_step_seconds);
  try {
    announce(deps, leased);
    const work = runPhases(deps, leased, interruption, firstStep);
    // Work that hangs is left behind; it has lost the job by the time it wakes.
    return await Promise.race([work, firstStep.expired]).catch(async (error: unknown) => {
      if (error instanceof FirstStepError) interruption.stop(error);
      throw error;
    });
  } catch (error) {
    if (error instanceof LostLeaseError || leased.lost.aborted) {
      log.warn('the job was cancelled or taken over; stopped without writing');
      return 'lost';
    }
    log.error('the job failed', { error });
    const damaged = damagedCheckpoint(leased.job, error);
    if (damaged && error instanceof BundleError) {
      return await unlessLost(async () => {
        await fallBack(deps, leased, damaged, error);
        return leased.job.state === 'failed' ? 'failed' : 'attempt-failed';
      });
    }
    return await recordFailure(leased, error);
  } finally {
    firstStep.end();
    interruption.end();
    finished.abort();
    await beating;
  }
}

function announce(deps: RunnerDependencies, leased: LeasedJob): void {
  const from = leased.job.resume ? `, resuming from step ${leased.job.resume.step}` : '';
  const { name, detail } = deps.executor;
  const message = `Runner ${deps.runnerId} started the job on ${name} (${detail})${from}`;
  leased.record(information(message, { kind: 'started', epoch: leased.lease.epoch }));
}

async function runPhases(
  deps: RunnerDependencies,
  leased: LeasedJob,
  interruption: Interruption,
  firstStep: FirstStepWatch,
): Promise<JobOutcome> {
  const { job } = leased;
  const leave = () => giveBack(deps, leased, interruption);
  // What an earlier job read is no part of this start.
  deps.heldModels?.takeSpentMs();
  firstStep.enter('data', 'reading the data');
  const plan = await planPhases(deps, job);
  const loggedStep = await lastLoggedStep(deps.jobs, job);
  if (job.resume !== null || loggedStep > 0) firstStep.finishedBefore();
  const warmth = new EvaluationWarmth(deps, job);
  let position = positionOf(job);
  let history = await stepHistory(deps.jobs, job, position.phaseIndex);
  while (position.phaseIndex < job.phases.length && !(await isOverLimit(deps, leased))) {
    if (interruption.isDueBetweenSteps()) return await leave();
    firstStep.enter('model', `opening phase ${position.phaseIndex + 1}`);
    const preparing = preparePhase(deps, leased, plan, position, interruption);
    const prepared = await unlessInterrupted(preparing, interruption, leave, ({ close }) => close());
    if (prepared === 'interrupted') return 'released';
    const { base } = prepared.run;
    const isLast = position.phaseIndex === job.phases.length - 1;
    const ordinal = position.phaseIndex + 1;
    try {
      const outcome = await runPhase({
        ...prepared.run,
        loggedStep,
        history,
        opened: () => firstStep.enter('step', `in the first step of phase ${ordinal}`),
        started: () => stepped(deps, leased, firstStep),
        stepped: (ms, stepsLeft) => (isLast ? warmth.stepped(ms, stepsLeft, base) : undefined),
      });
      history = [];
      if (outcome.kind === 'interrupted') return await leave();
      await recordSpeed(deps, leased, position.from);
      if (outcome.kind === 'finished') position = afterPhase(outcome.last);
    } finally {
      await prepared.close();
    }
  }
  firstStep.end();
  const { endedEarly, checkpoints } = leased.job;
  const last = endedEarly ? bestCheckpoint(checkpoints) : position.from;
  invariant(last, 'a job without phases was admitted, or ended before its first checkpoint');
  const exporting = exportModel(deps, leased, last, plan.at(-1)?.rows ?? []);
  const exported = await unlessInterrupted(exporting, interruption, leave);
  if (exported === 'interrupted') return 'released';
  const name = fineTunedModelName(job);
  await publishFinalModel(deps, leased, name, exported);
  warmth.published(name);
  const resultFiles = await writeResultFiles(deps, leased.job);
  const events = [
    ...(endedEarly ? [endedEarlyEvent(endedEarly, last)] : []),
    information(`New fine-tuned model created: ${name}`, { kind: 'model', model: name, parity: exported.parity }),
    information('The job has successfully completed', { kind: 'succeeded', model: name }),
  ];
  await leased.succeed(name, events, resultFiles);
  return 'succeeded';
}

/** The first step of this runner on the job is what its start ends with. */
function stepped(deps: RunnerDependencies, leased: LeasedJob, firstStep: FirstStepWatch): void {
  if (firstStep.hasEnded) return;
  firstStep.end();
  const { startedAtMs: processStartedAtMs = null, imageMs = null, heldModels } = deps;
  const fetchMs = heldModels?.takeSpentMs() ?? null;
  const event = startEvent(leased.job, firstStep, { processStartedAtMs, imageMs, fetchMs });
  leased.record(event);
  deps.log.info('first step', { jobId: leased.job.id, ...event.data });
}

/** Gives the job back and rings for it at once: what still runs in this process has nothing to do with it any more. */
async function giveBack(deps: RunnerDependencies, leased: LeasedJob, { reason }: Interruption): Promise<'released'> {
  await leased.release(reason);
  if (leased.job.state === 'queued') await deps.jobs.ring(leased.job);
  return 'released';
}

function information(message: string, data: NewEvent['data']): NewEvent {
  return { level: 'info', type: 'message', message, data };
}

/** Whether every further attempt would meet the error again: it continues from the same checkpoint, bit for bit. */
function isLasting(error: unknown): boolean {
  // A write that the store refused may succeed next time, and below another epoch's prefix.
  if (error instanceof BundleError) return error.reason !== 'unavailable' && error.reason !== 'occupied';
  // An invariant that fails is a bug or damage in the store (a data file that is gone): repeating it costs and mends nothing.
  const lasting = [TrainingDivergedError, UnusableRowsError, NonFiniteLogitsError, ParityError, InvariantError];
  return [...lasting, DeadlineError].some((kind) => error instanceof kind);
}

function codeOf(error: unknown): string {
  if (error instanceof DeadlineError) return 'deadline_exceeded';
  return error instanceof BundleError && error.damage ? 'model_damaged' : 'training_failed';
}

/**
 * What makes the run worthless pauses the job; what no further attempt can repair fails it; anything else counts as one
 * failed attempt.
 */
async function recordFailure(leased: LeasedJob, error: unknown): Promise<JobOutcome> {
  const alarm = error instanceof FirstStepError ? error.alarm : alarmOf(error);
  const step = error instanceof WorthlessRunError ? error.step : null;
  const isHalted = isHalting(alarm, guardsOf(leased.job.guards));
  if (alarm && !isHalted) leased.record(alarmEvent(alarm, step));
  const isFinal = isLasting(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const cause: JobError = {
    code: isFinal ? code : 'attempt_failed',
    message: message.slice(0, 4000),
    param: null,
  };
  return unlessLost(async () => {
    if (isHalted) {
      await leased.halt(alarmEvent(alarm, step));
      return 'halted';
    }
    await (isFinal ? leased.fail(cause) : leased.attemptFailed(cause));
    return leased.job.state === 'failed' ? 'failed' : 'attempt-failed';
  });
}

async function unlessLost(write: () => Promise<JobOutcome>): Promise<JobOutcome> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof LostLeaseError) return 'lost';
    throw error;
  }
}
