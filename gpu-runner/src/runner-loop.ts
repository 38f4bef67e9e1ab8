/**
 * Pulls work until told to stop: a message says that there is some, the store says which, the lease decides who runs it.
 * The message is deleted as soon as that is decided, because from then on the ledger and the sweeper carry the job.
 */
import { check, JobMessage } from '@preheat/contracts';
import { type LeasedJob, ProjectRosters } from '@preheat/jobs';
import { HAND_OVER_MS } from './affinity.js';
import { CapacityWatch } from './capacity-watch.js';
import { Registration } from './registration.js';
import { runJob } from './run-job.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { type LookOptions, takeJob } from './take-job.js';
import type { TaskProtection } from './task-protection.js';
import type { WarmStay } from './warm-stay.js';

const RECEIVE_WAIT_MS = 20_000;
/** Only covers the time from receiving a message to taking the lease. */
const VISIBILITY_TIMEOUT_MS = 30_000;
/** Wait after the queue or the store could not be reached. */
const RETRY_DELAY_MS = 2_000;

export interface LoopOptions {
  readonly shutdown: AbortSignal;
  readonly protection: TaskProtection;
  /** How long the runner stays without work; until `shutdown` unless given. */
  readonly stay?: WarmStay;
  /** Whether it leaves after that; else it only stops asking that its machine is kept. */
  readonly exitWhenIdle: boolean;
}

/** Runs jobs one after the other until `shutdown`; a job in progress is checkpointed and given back first. */
export async function runnerLoop(deps: RunnerDependencies, options: LoopOptions): Promise<void> {
  const registration = new Registration(deps);
  const beating = registration.beat();
  await options.stay?.open();
  await work(deps, options, registration, new CapacityWatch(deps));
  await options.stay?.close();
  await registration.end();
  await beating;
}

async function work(
  deps: RunnerDependencies,
  options: LoopOptions,
  registration: Registration,
  capacity: CapacityWatch,
): Promise<void> {
  const { shutdown } = options;
  // Whoever is new or left a job looks before it waits: the message of a job that had to wait may be long gone.
  let looksFirst = true;
  let isFirstJob = true;
  let servedLast: string | undefined;
  while (!shutdown.aborted && !(await isLeaving(deps, options))) {
    try {
      if (await capacity.isHeld()) {
        // The machine is given up, however soon the next job might come. What was rung for meanwhile is found by looking.
        options.stay?.end();
        looksFirst = true;
        await capacity.pause(shutdown);
        continue;
      }
      const found: LeasedJob | undefined = looksFirst ? await look(deps, shutdown, { servedLast }) : undefined;
      if (looksFirst && !found) await startWaiting(options);
      const leased: LeasedJob | undefined = found ?? (await takeRung(deps, shutdown, capacity));
      looksFirst = leased !== undefined;
      if (!leased) continue;
      servedLast = leased.job.projectId;
      options.stay?.took(leased.job);
      // Its heartbeats begin in `runOne`: nothing that may take long stands before.
      void registration.took(leased);
      await runOne(isFirstJob ? deps : withoutStart(deps), leased, options, capacity);
      void registration.left();
      isFirstJob = false;
    } catch (error) {
      if (shutdown.aborted) return;
      deps.log.error('the runner could not work; trying again', { error });
      // One that cannot even look leaves as well.
      await startWaiting(options);
      await deps.clock.sleep(RETRY_DELAY_MS, shutdown).catch(() => undefined);
    }
  }
}

/** What a later job waited for is no start of this process. */
function withoutStart({ startedAtMs: _, ...deps }: RunnerDependencies): RunnerDependencies {
  return deps;
}

/** Its machine is to be kept while it waits: the queue is empty then, which looks like idleness. */
async function startWaiting({ stay, protection }: LoopOptions): Promise<void> {
  if (!stay) return;
  await stay.released();
  if (!stay.isOver) await protection.set(true);
}

async function isLeaving(deps: RunnerDependencies, { stay, protection, exitWhenIdle }: LoopOptions): Promise<boolean> {
  await stay?.save();
  if (!stay?.isOver) return false;
  if (exitWhenIdle) deps.log.info('leaving: staying longer would cost more than starting again, or capacity is held');
  else await protection.set(false);
  return exitWhenIdle;
}

/** Waits for one message and takes a job for it. */
async function takeRung(
  deps: RunnerDependencies,
  shutdown: AbortSignal,
  capacity: CapacityWatch,
): Promise<LeasedJob | undefined> {
  const [delivery] = await deps.queue.receive({
    maxMessages: 1,
    waitMs: RECEIVE_WAIT_MS,
    visibilityTimeoutMs: VISIBILITY_TIMEOUT_MS,
    signal: shutdown,
  });
  // A message that is left alone comes again, to whoever may start jobs then.
  if (!delivery || shutdown.aborted || (await capacity.isHeld())) return undefined;
  const message = check(JobMessage, delivery.message);
  if (!message.ok) deps.log.error('an unreadable message was dropped from the queue', { problems: message.problems });
  const leased = message.ok ? await look(deps, shutdown, { rung: message.value.jobId }) : undefined;
  // A message that stays comes again and finds the job leased; a job that is leased and left alone loses an attempt.
  await deps.queue.delete(delivery.receipt).catch((error: unknown) => {
    deps.log.warn('a message could not be deleted; it will come again', { jobId: leased?.job.id, error });
  });
  if (!leased) deps.log.debug('nothing can run; the message is done', { message: delivery.message });
  return leased;
}

/** Takes a job. When all there are were left to other runners, rings for them and lets them have it. */
async function look(
  deps: RunnerDependencies,
  shutdown: AbortSignal,
  options: LookOptions,
): Promise<LeasedJob | undefined> {
  const { leased, kept } = await takeJob(deps, options);
  const [first] = kept;
  if (leased || !first) return leased;
  const isForIdle = kept.some((job) => job.isForIdle);
  const delayMs = isForIdle ? 0 : Math.min(...kept.map(({ forMs }) => forMs));
  deps.log.debug('left to runners that hold the model', { jobId: first.jobId, delayMs });
  await deps.queue.send({ kind: 'job', jobId: first.jobId }, { delayMs });
  // Else this runner would be the first to hear its own ring.
  if (isForIdle) await deps.clock.sleep(HAND_OVER_MS, shutdown).catch(() => undefined);
  return undefined;
}

async function runOne(
  deps: RunnerDependencies,
  leased: LeasedJob,
  options: LoopOptions,
  capacity: CapacityWatch,
): Promise<void> {
  const { shutdown, protection, stay } = options;
  const jobId = leased.job.id;
  deps.log.info('running a job', { jobId, epoch: leased.lease.epoch });
  await protection.set(true);
  // Whoever stays for a while gives it up when that is over.
  const outcome = await capacity
    .during((held) => runJob(deps, leased, shutdown, held))
    .finally(() => (stay ? undefined : protection.set(false)));
  deps.log.info('left the job', { jobId, outcome });
  // The sweeper finds it too, later.
  await new ProjectRosters(deps).leave(leased).catch((error: unknown) => {
    deps.log.warn('a job that left its runner still counts for its project', { jobId, error });
  });
}
