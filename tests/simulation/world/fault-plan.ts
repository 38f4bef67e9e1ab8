/**
 * Which faults a seed meets, and how often. Each seed draws a subset of its own: a fault that is always there hides the bugs
 * that only show without it (swarm testing, Groce et al., ISSTA 2012).
 */
import type { Random } from '@preheat/ports';
import type { ProcessFaults, QueueFaults, StoreFaults } from '@preheat/simulator';

export interface FaultPlan {
  readonly store: StoreFaults;
  readonly queue: QueueFaults;
  readonly runner: ProcessFaults;
  readonly api: ProcessFaults;
  readonly sweeper: ProcessFaults;
  /** Largest distance of a machine's clock from the true time, either way. */
  readonly skewMaxMs: number;
  /** An answer of the API that is lost on its way to the client. */
  readonly lostAnswer: number;
  /** A step of training that throws. */
  readonly brokenStep: number;
  /** Mean time between two SIGTERMs to a runner; 0: none. */
  readonly terminateEveryMs: number;
  /** From a SIGTERM to the end of the machine, as after a spot notice; `Infinity`: the process may take its time. */
  readonly noticeMs: number;
  /** Jobs of a project that may hold a runner at a time. */
  readonly jobsPerProject: number;
  /** Reading a model that a runner does not hold. */
  readonly modelLoadMs: number;
}

/** Beyond the longest pause of a process but a suspended runner's, and the longest way of a write. */
export const ORPHAN_GRACE_MS = 5 * 60_000;
/** Few: their worlds last as long as the suspension. */
const SUSPENDING_SEEDS = 0.04;

const SKEWS_MS = [0, 200, 2_000, 15_000];

export function drawFaults(random: Random, leaseTtlMs: number): FaultPlan {
  /** The fault's rate in this seed: absent half of the time, else somewhere up to `max`. */
  const some = (max: number): number => (random.float() < 0.5 ? 0 : max * random.float());
  const store: StoreFaults = {
    latencyMaxMs: 20 + random.int(400),
    conflict: some(0.1),
    timeoutBeforeCommit: some(0.08),
    timeoutAfterCommit: some(0.1),
    refusedAfterCommit: some(0.1),
    lateCommit: some(0.06),
    lateCommitMaxMs: 100 + random.int(5_000),
    unavailable: some(0.06),
    staleList: some(0.4),
    staleListMaxMs: 60_000,
  };
  const queue: QueueFaults = {
    loss: some(0.4),
    duplicate: some(0.4),
    delay: some(0.5),
    delayMaxMs: 60_000,
    reorder: some(0.5),
    lostDelete: some(0.4),
    lastingReceipt: some(0.8),
    unavailable: some(0.1),
  };
  const process = (scale: number): ProcessFaults => ({
    crash: some(scale),
    pause: some(scale),
    pauseMaxMs: 3 * leaseTtlMs,
  });
  return {
    store,
    queue,
    runner: { ...process(0.008), ...drawSuspensions(random.fork('suspensions')) },
    api: process(0.02),
    sweeper: process(0.02),
    skewMaxMs: SKEWS_MS[random.int(SKEWS_MS.length)] ?? 0,
    lostAnswer: some(0.2),
    brokenStep: some(0.05),
    terminateEveryMs: random.float() < 0.5 ? 0 : 20_000 + random.int(60_000),
    noticeMs: random.float() < 0.5 ? Infinity : random.int(6_000),
    jobsPerProject: random.float() < 0.6 ? Infinity : 1,
    modelLoadMs: random.float() < 0.6 ? 0 : 1_000 + random.int(20_000),
  };
}

/** A suspended runner wakes when its job has long ended elsewhere, and the collector has deleted what it was about to refer to. */
function drawSuspensions(random: Random): ProcessFaults {
  if (random.float() >= SUSPENDING_SEEDS) return {};
  return { suspend: 0.01 * random.float(), suspendMinMs: 2 * ORPHAN_GRACE_MS, suspendMaxMs: 6 * ORPHAN_GRACE_MS };
}
