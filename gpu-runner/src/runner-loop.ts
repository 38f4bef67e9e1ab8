/**
 * Pulls work until told to stop: a message names a job, the store says whether it may run, the lease decides who runs it.
 * The message is deleted as soon as that is decided, because from then on the ledger and the sweeper carry the job.
 */
import { check, JobMessage } from '@preheat/contracts';
import { LeasedJob } from '@preheat/jobs';
import { runJob } from './run-job.js';
import type { RunnerDependencies } from './runner-dependencies.js';

const RECEIVE_WAIT_MS = 20_000;
/** Only covers the time from receiving a message to taking the lease. */
const VISIBILITY_TIMEOUT_MS = 30_000;
/** Wait after the queue or the store could not be reached. */
const RETRY_DELAY_MS = 2_000;

export interface LoopOptions {
  readonly shutdown: AbortSignal;
}

/** Runs jobs one after the other until `shutdown`; a job in progress is checkpointed and given back first. */
export async function runnerLoop(deps: RunnerDependencies, { shutdown }: LoopOptions): Promise<void> {
  while (!shutdown.aborted) {
    try {
      await takeOne(deps, shutdown);
    } catch (error) {
      if (shutdown.aborted) return;
      deps.log.error('the runner could not work; trying again', { error });
      await deps.clock.sleep(RETRY_DELAY_MS, shutdown).catch(() => undefined);
    }
  }
}

async function takeOne(deps: RunnerDependencies, shutdown: AbortSignal): Promise<void> {
  const [delivery] = await deps.queue.receive({
    maxMessages: 1,
    waitMs: RECEIVE_WAIT_MS,
    visibilityTimeoutMs: VISIBILITY_TIMEOUT_MS,
    signal: shutdown,
  });
  if (!delivery || shutdown.aborted) return;
  const message = check(JobMessage, delivery.message);
  if (!message.ok) {
    deps.log.error('an unreadable message was dropped from the queue', { problems: message.problems });
    await deps.queue.delete(delivery.receipt);
    return;
  }
  const { jobId } = message.value;
  const leased = await LeasedJob.acquire(deps, jobId, deps.runnerId, deps.leaseTtlMs);
  await deps.queue.delete(delivery.receipt);
  if (!leased) {
    deps.log.debug('the job is not runnable; its message is done', { jobId });
    return;
  }
  deps.log.info('running a job', { jobId, epoch: leased.lease.epoch });
  const outcome = await runJob(deps, leased, shutdown);
  deps.log.info('left the job', { jobId, outcome });
  if (outcome === 'released' && leased.job.state === 'queued') await deps.jobs.ring(jobId);
}
