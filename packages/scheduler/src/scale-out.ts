/**
 * How many runners a backlog asks for (D7): its expected run time over the time in which users expect it to be done, as the mean
 * of a minute; when six seconds ask for twice as many as there are, those count at once and nobody is sent away until a
 * minute after (the stable and panic windows of Knative's autoscaler, on run time instead of requests).
 */
const STABLE_MS = 60_000;
const PANIC_MS = 6_000;
const PANIC_AT = 2;

export interface ScaleState {
  /** Expected run time of queued and running jobs, when it was read. The newest last. */
  readonly samples: readonly { readonly atMs: number; readonly backlogMs: number }[];
  readonly panicUntilMs: number;
}

export const NO_SCALE_STATE: ScaleState = { samples: [], panicUntilMs: 0 };

export interface ScaleQuestion {
  readonly nowMs: number;
  readonly backlogMs: number;
  /** Jobs that wait or run: more runners than jobs help nobody. */
  readonly jobs: number;
  readonly runners: number;
  /** In which the backlog should be done. */
  readonly targetMs: number;
}

export interface ScaleAnswer {
  /** Runners wanted; at least one while there is a job. */
  readonly runners: number;
  readonly state: ScaleState;
}

export function desiredRunners(question: ScaleQuestion, state: ScaleState): ScaleAnswer {
  const { nowMs, backlogMs, jobs, runners, targetMs } = question;
  const samples = [...state.samples, { atMs: nowMs, backlogMs }].filter(({ atMs }) => nowMs - atMs < STABLE_MS);
  const wantedOver = (windowMs: number): number => {
    const recent = samples.filter(({ atMs }) => nowMs - atMs < windowMs);
    const mean = recent.reduce((sum, sample) => sum + sample.backlogMs, 0) / recent.length;
    return Math.min(jobs, Math.max(jobs > 0 ? 1 : 0, Math.ceil(mean / targetMs)));
  };
  const panic = wantedOver(PANIC_MS);
  const isBurst = panic >= PANIC_AT * Math.max(1, runners);
  const panicUntilMs = isBurst ? nowMs + STABLE_MS : state.panicUntilMs;
  const wanted = nowMs < panicUntilMs ? Math.max(panic, runners) : wantedOver(STABLE_MS);
  return { runners: wanted, state: { samples, panicUntilMs } };
}
