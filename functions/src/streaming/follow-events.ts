/** A job's events as they happen: every event once, in order, until the job has ended and its last event is out. */
import { TERMINAL_STATES } from '@preheat/contracts';
import { type JobStore, toFineTuningJobEvent } from '@preheat/jobs';
import type { Clock } from '@preheat/ports';
import type { CheckpointWarmer } from '../serving/checkpoint-warmer.js';
import type { SharedReads } from './shared-reads.js';
import { dataFrame, KEEP_ALIVE_FRAME } from './server-sent-events.js';

export const POLL_MS = 500;
const KEEP_ALIVE_MS = 15_000;
const EVENTS_PER_READ = 500;

export interface FollowOptions {
  readonly jobs: JobStore;
  /** Shared by all streams of the process. */
  readonly reads: SharedReads;
  readonly clock: Clock;
  readonly warmer?: CheckpointWarmer | undefined;
  readonly projectId: string;
  readonly jobId: string;
  /** Sequence number of the first event wanted. */
  readonly from: number;
  readonly signal: AbortSignal;
}

/** Frames whose `id` is the event's sequence number, which a client sends back as `Last-Event-ID` to continue. */
export async function* followEvents(options: FollowOptions): AsyncGenerator<string> {
  const { jobs, reads, clock, signal } = options;
  let next = options.from;
  let lastFrameMs = clock.nowMs();
  for (;;) {
    const job = await reads.get(options.projectId, options.jobId);
    if (!job) return;
    options.warmer?.look(job);
    const events = await jobs.eventsSince(job, next, EVENTS_PER_READ);
    for (const event of events) {
      yield dataFrame(toFineTuningJobEvent(job, event), event.sequence);
      next = event.sequence + 1;
    }
    if (TERMINAL_STATES.has(job.state) && next >= job.nextSequence) return;
    if (events.length > 0) lastFrameMs = clock.nowMs();
    else if (clock.nowMs() - lastFrameMs >= KEEP_ALIVE_MS) {
      yield KEEP_ALIVE_FRAME;
      lastFrameMs = clock.nowMs();
    }
    if (next >= job.nextSequence) await clock.sleep(POLL_MS, signal);
  }
}
