/** The list of jobs, newest first. */
import { element, link, table, time } from '../elements.js';
import type { Page } from './page.js';

const SHOWN_JOBS = 50;

export const jobsPage: Page = async ({ client, container, signal }) => {
  const jobs = await client.jobs.list({ limit: SHOWN_JOBS }, { signal }).toArray(SHOWN_JOBS);
  const rows = jobs.map((job) => [
    link(`#/jobs/${encodeURIComponent(job.id)}`, job.id),
    job.queue ? `${job.status}, place ${job.queue.position}` : job.status,
    job.model,
    job.pipeline.map((phase) => phase.algorithm).join(' → '),
    time(job.created_at),
  ]);
  const columns = ['Job', 'Status', 'Base model', 'Pipeline', 'Created'].map((title) => ({ title }));
  container.replaceChildren(
    element('h1', {}, 'Jobs'),
    table(columns, rows, 'No jobs yet. Create one with `preheat jobs create` or the OpenAI SDK.'),
  );
};
