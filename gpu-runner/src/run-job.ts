/**
 * A leased job from where its document says it stands to its end, a pause, or this process's shutdown. The outcome is always
 * written to the ledger: success, failure with a cause, or the job given back with a checkpoint.
 */
import { InvariantError, invariant, type JobError, type NewEvent } from '@preheat/contracts';
import { BundleError } from '@preheat/checkpoints';
import { NonFiniteLogitsError } from '@preheat/inference';
import { fineTunedModelName, type LeasedJob, LostLeaseError } from '@preheat/jobs';
import { TrainingDivergedError } from '@preheat/recipes';
import { beatUntil } from './heartbeat.js';
import { exportModel, ParityError } from './export-model.js';
import { lastLoggedStep } from './logged-steps.js';
import { planPhases } from './plan-phases.js';
import { afterPhase, positionOf } from './position.js';
import { writeResultFiles } from './result-files.js';
import { runPhase } from './run-phase.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { publishFinalModel } from './save-checkpoint.js';
import { preparePhase } from './prepare-phase.js';

/** `released`: can go on at once. `attempt-failed`: goes on when the sweeper rings, later after every failure in a row. */
export type JobOutcome = 'succeeded' | 'failed' | 'released' | 'attempt-failed' | 'lost';

/** Runs the job; resolves once the ledger says how it went. Only a store that stays unreachable makes it throw. */
export async function runJob(deps: RunnerDependencies, leased: LeasedJob, shutdown: AbortSignal): Promise<JobOutcome> {
  const log = deps.log.child({ jobId: leased.job.id, epoch: leased.lease.epoch });
  const finished = new AbortController();
  const beating = beatUntil(finished.signal, leased, { clock: deps.clock, ttlMs: deps.leaseTtlMs, log });
  try {
    announce(deps, leased);
    return await runPhases(deps, leased, shutdown);
  } catch (error) {
    if (error instanceof LostLeaseError || leased.lost.aborted) {
      log.warn('the job was cancelled or taken over; stopped without writing');
      return 'lost';
    }
    log.error('the job failed', { error });
    return await recordFailure(leased, error);
  } finally {
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

async function runPhases(deps: RunnerDependencies, leased: LeasedJob, shutdown: AbortSignal): Promise<JobOutcome> {
  const { job } = leased;
  const plan = await planPhases(deps, job);
  const loggedStep = await lastLoggedStep(deps.jobs, job);
  let position = positionOf(job);
  while (position.phaseIndex < job.phases.length) {
    const prepared = await preparePhase(deps, leased, plan, position);
    try {
      const outcome = await runPhase({ ...prepared.run, loggedStep, shutdown });
      if (outcome.kind === 'interrupted') {
        await leased.release();
        return 'released';
      }
      position = afterPhase(outcome.last);
    } finally {
      await prepared.close();
    }
  }
  const last = position.from;
  invariant(last !== null, 'a job without phases was admitted');
  const name = fineTunedModelName(job);
  const { prefix, parity } = await exportModel(deps, leased, last, plan.at(-1)?.rows ?? []);
  await publishFinalModel(deps, leased, name, prefix);
  const resultFiles = await writeResultFiles(deps, leased.job);
  const events = [
    information(`New fine-tuned model created: ${name}`, { kind: 'model', model: name, parity }),
    information('The job has successfully completed', { kind: 'succeeded', model: name }),
  ];
  await leased.succeed(name, events, resultFiles);
  return 'succeeded';
}

function information(message: string, data: NewEvent['data']): NewEvent {
  return { level: 'info', type: 'message', message, data };
}

/** Whether every further attempt would meet the error again: it continues from the same checkpoint, bit for bit. */
function isLasting(error: unknown): boolean {
  // A write that the store refused may succeed next time, and below another epoch's prefix.
  if (error instanceof BundleError) return error.reason !== 'unavailable' && error.reason !== 'occupied';
  // An invariant that fails is a bug or damage in the store (a data file that is gone): repeating it costs and mends nothing.
  return [TrainingDivergedError, NonFiniteLogitsError, ParityError, InvariantError].some(
    (kind) => error instanceof kind,
  );
}

/** What no further attempt can repair fails the job; anything else counts as one failed attempt. */
async function recordFailure(leased: LeasedJob, error: unknown): Promise<JobOutcome> {
  const isFinal = isLasting(error);
  const message = error instanceof Error ? error.message : String(error);
  const cause: JobError = {
    code: isFinal ? 'training_failed' : 'attempt_failed',
    message: message.slice(0, 4000),
    param: null,
  };
  try {
    await (isFinal ? leased.fail(cause) : leased.attemptFailed(cause));
    return leased.job.state === 'failed' ? 'failed' : 'attempt-failed';
  } catch (lost) {
    if (lost instanceof LostLeaseError) return 'lost';
    throw lost;
  }
}
