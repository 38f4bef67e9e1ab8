/**
 * The life of a job as one exhaustive table: (state, event) → next state, or a refusal. Every change of `state` in the
 * store goes through `transition`; nothing else assigns it. A test enumerates the whole table.
 */
import type { JobState } from '@preheat/contracts';

export const JOB_EVENTS = [
  'lease', // a runner takes the job
  'release', // its runner gives it back after a checkpoint (shutdown, or the pause it was asked for)
  'expire', // its lease ran out: the runner is presumed dead
  'exhaust', // it died once too often
  'pause',
  'resume',
  'cancel',
  'succeed',
  'fail',
  'redrive', // an operator queues a job again that died too often
] as const;
export type JobEvent = (typeof JOB_EVENTS)[number];

type Row = Readonly<Record<JobEvent, JobState | null>>;

const TERMINAL: Row = {
  lease: null,
  release: null,
  expire: null,
  exhaust: null,
  pause: null,
  resume: null,
  cancel: null,
  succeed: null,
  fail: null,
  redrive: null,
};

/** null refuses. A repeated request whose wish is already fulfilled is no refusal: it returns the same state. */
export const TRANSITIONS: Readonly<Record<JobState, Row>> = {
  queued: { ...TERMINAL, lease: 'running', exhaust: 'failed', pause: 'paused', resume: 'queued', cancel: 'cancelled' },
  running: {
    ...TERMINAL,
    release: 'queued',
    expire: 'queued',
    exhaust: 'failed',
    pause: 'pausing',
    resume: 'running',
    cancel: 'cancelled',
    succeed: 'succeeded',
    fail: 'failed',
  },
  // The runner still works towards its checkpoint. If it dies first, the last checkpoint is safe and nobody runs: paused.
  pausing: {
    ...TERMINAL,
    release: 'paused',
    expire: 'paused',
    exhaust: 'paused',
    pause: 'pausing',
    resume: 'running',
    cancel: 'cancelled',
    succeed: 'succeeded',
    fail: 'failed',
  },
  paused: { ...TERMINAL, pause: 'paused', resume: 'queued', cancel: 'cancelled' },
  succeeded: TERMINAL,
  failed: { ...TERMINAL, redrive: 'queued' },
  cancelled: { ...TERMINAL, cancel: 'cancelled' },
};

/** The next state, or null when the event is refused in this state. */
export function transition(state: JobState, event: JobEvent): JobState | null {
  return TRANSITIONS[state][event];
}
