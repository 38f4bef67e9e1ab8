/** The metrics that detectors look back on, across the runners of a job: what the log has of the steps before. */
import type { JobDocument, StoredEvent } from '@preheat/contracts';
import { type JobStore, SEGMENT_EVENTS_MAX } from '@preheat/jobs';
import { EVALUATIONS, HISTORY_STEPS, isEvaluated, remember, type StepMetrics } from '@preheat/recipes';

/** Events read backwards at first, for the newest steps: other events are rarer than metrics. */
const EVENTS_READ = 2 * HISTORY_STEPS;
/** And at most, on the way back to evaluations that lie far apart. */
const MAX_EVENTS_READ = 4 * SEGMENT_EVENTS_MAX;

/**
 * Of one phase, oldest first. Steps that are taken again after a crash are in the log already and count once. A user who
 * resumed a paused job knew what was there: only what came after counts.
 */
export async function stepHistory(
  jobs: JobStore,
  job: JobDocument,
  phaseIndex: number,
): Promise<readonly StepMetrics[]> {
  const evaluations = job.phases[phaseIndex]?.validationFile ? EVALUATIONS : 0;
  const newestFirst: StepMetrics[] = [];
  let before = Number.MAX_SAFE_INTEGER;
  for (let read = 0, limit = EVENTS_READ; read < MAX_EVENTS_READ; read += limit, limit = SEGMENT_EVENTS_MAX) {
    const { events, hasMore } = await jobs.events(job, { before, limit });
    const resumed = events.findIndex(({ data }) => data?.['kind'] === 'resumed');
    newestFirst.push(...stepsOf(resumed < 0 ? events : events.slice(0, resumed), phaseIndex));
    before = events.at(-1)?.sequence ?? 0;
    const isEnough = newestFirst.filter(isEvaluated).length >= evaluations;
    if (isEnough || resumed >= 0 || !hasMore) break;
  }
  return newestFirst.reverse().reduce<readonly StepMetrics[]>(remember, []);
}

const stepsOf = (events: readonly StoredEvent[], phaseIndex: number): StepMetrics[] =>
  events
    .filter(({ type, data }) => type === 'metrics' && data?.['phase'] === phaseIndex)
    .map(({ data }) => numbersOf(data ?? {}));

function numbersOf(data: Readonly<Record<string, unknown>>): StepMetrics {
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
