/** The jobs, newest first, a page at a time, kept up to date. */
import type { FineTuningJob } from '@preheat/sdk';
import { element, link, table, time } from '../elements.js';
import { live } from '../live.js';
import { Redraw } from '../redraw.js';
import type { Page } from './page.js';

const SHOWN_JOBS = 50;
const INTERVAL_MS = 5_000;

export const jobsPage: Page = async ({ client, container, signal }, [after]) => {
  const list = element('div');
  const redraw = new Redraw(list);
  const ask = async (): Promise<boolean> => {
    const page = await client.jobs.list({ limit: SHOWN_JOBS }, { signal }).page(after);
    const state = [page.has_more, page.data.map(({ id, status, queue }) => [id, status, queue?.position])];
    redraw.show(state, () => listing(page.data, page.has_more, after));
    return true;
  };
  const { notice } = await live(ask, signal, INTERVAL_MS);
  container.replaceChildren(element('h1', {}, 'Jobs'), notice, list);
};

function listing(
  jobs: readonly FineTuningJob[],
  hasMore: boolean | undefined,
  after: string | undefined,
): HTMLElement[] {
  const rows = jobs.map((job) => [
    link(`#/jobs/${encodeURIComponent(job.id)}`, job.id),
    job.queue ? `${job.status}, place ${job.queue.position}` : job.status,
    job.model,
    job.pipeline.map((phase) => phase.algorithm).join(' → '),
    time(job.created_at),
  ]);
  const columns = ['Job', 'Status', 'Base model', 'Pipeline', 'Created'].map((title) => ({ title }));
  const last = jobs.at(-1);
  const pages = [
    ...(after === undefined ? [] : [link('#/jobs', 'Newest')]),
    ...(hasMore && last ? [link(`#/jobs?after=${encodeURIComponent(last.id)}`, 'Older')] : []),
  ];
  const empty =
    after === undefined ? 'No jobs yet. Create one with `preheat jobs create` or the OpenAI SDK.' : 'No more.';
  return [
    table(columns, rows, empty),
    ...(pages.length > 0 ? [element('nav', { class: 'actions', 'aria-label': 'Pages' }, ...pages)] : []),
  ];
}
