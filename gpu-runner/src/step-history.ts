/** The metrics that detectors look back on, across the runners of a job: what the log has of the steps before. */
import type { JobDocument } from '@preheat/contracts';
import type { JobStore } from '@preheat/jobs';
import { HISTORY_STEPS, remember, type StepMetrics } from '@preheat/recipes';

/** Events read backwards; other events are rarer than metrics. */
const EVENTS_READ = 2 * HISTORY_STEPS;

/**
 * Of one phase, oldest first. Steps that are taken again after a crash are in the log already and count once. A user who
 * resumed a paused job knew what was there: only what came after counts.
 */
export async function stepHistory(
  jobs: JobStore,
  job: JobDocument,
  phaseIndex: number,
): Promise<readonly StepMetrics[]> {
  const { events } = await jobs.events(job, { limit: EVENTS_READ });
  const resumed = events.findIndex(({ data }) => data?.['kind'] === 'resumed');
  const recent = resumed < 0 ? events : events.slice(0, resumed);
  return recent
    .filter(({ type, data }) => type === 'metrics' && data?.['phase'] === phaseIndex)
    .map(({ data }) => numbersOf(data ?? {}))
    .reverse()
    .reduce<readonly StepMetrics[]>(remember, []);
}

function numbersOf(data: Readonly<Record<string, unknown>>): StepMetrics {
  return Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
