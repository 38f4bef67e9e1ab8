/**
 * Which metrics a job's log already holds. A runner that resumes repeats the steps since the last checkpoint, bit for bit;
 * their metrics were logged before the crash and must not appear twice.
 */
import type { JobDocument } from '@preheat/contracts';
import type { JobStore } from '@preheat/jobs';

const PAGE = 200;
/** Pages read backwards in search of the last metrics event; more message events in a row would mean a broken log. */
const MAX_PAGES = 50;

/** The last pipeline step with a metrics event in the log; 0 when there is none. */
export async function lastLoggedStep(jobs: JobStore, job: JobDocument): Promise<number> {
  let before: number | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { events, hasMore } = await jobs.events(job, { limit: PAGE, ...(before === undefined ? {} : { before }) });
    const found = events.find((event) => event.type === 'metrics');
    if (found) return Number(found.data?.['pipeline_step'] ?? 0);
    if (!hasMore) return 0;
    before = events.at(-1)?.sequence;
  }
  return 0;
}
