/** One job, live: its state, its curves, its events and its checkpoints. */
import {
  type FineTuningJobCheckpoint,
  type FineTuningJobEvent,
  hasEnded,
  headlineMetrics,
  type Preheat,
} from '@preheat/sdk';
import { chart } from '../chart.js';
import { element, link, table, time } from '../elements.js';
import { live } from '../live.js';
import { CHARTS, MetricSeries } from '../metric-series.js';
import { JobActions } from './job-actions.js';
import { jobSummary } from './job-summary.js';
import type { Page } from './page.js';
import { playgroundHref } from './playground-href.js';

const SHOWN_EVENTS = 500;
/** Redrawing for each of the events of a long job would take longer than reading them. */
const REDRAW_INTERVAL_MS = 250;

export const jobPage: Page = async ({ client, container, signal }, [id = '']) => {
  // Announced where it changes, and nothing else is: figures change too often to be read out.
  const status = element('strong', { role: 'status' });
  const summary = element('section', { 'aria-label': 'State' });
  const charts = element('div', { class: 'charts' }, element('p', { class: 'muted' }, 'No metrics yet.'));
  const log = element('ol', { class: 'log', tabindex: 0, 'aria-label': 'Events, oldest first' });
  const checkpoints = element('div');
  const ask = async (): Promise<boolean> => {
    const job = await client.jobs.retrieve(id, { signal });
    const saved = await client.jobs.checkpoints(id, {}, { signal }).toArray();
    if (status.textContent !== job.status) status.textContent = job.status;
    document.title = `${job.status} · ${id} · preheat`;
    summary.replaceChildren(...jobSummary(job));
    checkpoints.replaceChildren(checkpointTable(saved));
    actions.show(job);
    return !hasEnded(job);
  };
  const actions = new JobActions(client, () => void updates.refresh());
  const updates = await live(ask, signal);
  container.replaceChildren(
    element('h1', {}, id),
    element('p', {}, status),
    updates.notice,
    summary,
    actions.element,
    element('h2', {}, 'Metrics'),
    charts,
    element('h2', {}, 'Checkpoints'),
    checkpoints,
    element('h2', {}, 'Events'),
    log,
  );
  await follow(client, id, signal, { charts, log });
  await updates.refresh();
};

async function follow(
  client: Preheat,
  id: string,
  signal: AbortSignal,
  { charts, log }: { readonly charts: HTMLElement; readonly log: HTMLElement },
): Promise<void> {
  const series = new MetricSeries();
  let changed = false;
  const draw = (): void => {
    if (!changed) return;
    changed = false;
    charts.replaceChildren(...CHARTS.map((spec) => chart(spec, series)).filter((figure) => figure !== null));
  };
  const timer = setInterval(draw, REDRAW_INTERVAL_MS);
  try {
    for await (const event of client.jobs.events(id, { follow: true, signal })) {
      if (series.add(event)) changed = true;
      else if (event.type !== 'metrics') addEvent(log, event);
    }
  } finally {
    clearInterval(timer);
    draw();
  }
}

/** The newest event stays in sight, unless somebody has scrolled back to read. */
function addEvent(log: HTMLElement, event: FineTuningJobEvent): void {
  const isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 1;
  const text = event.level === 'info' ? event.message : `${event.level}: ${event.message}`;
  log.append(element('li', {}, time(event.created_at), ` ${text}`));
  while (log.childElementCount > SHOWN_EVENTS) log.firstElementChild?.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function checkpointTable(checkpoints: readonly FineTuningJobCheckpoint[]): HTMLElement {
  const rows = checkpoints.map(({ step_number: step, fine_tuned_model_checkpoint: model, metrics }) => [
    String(step),
    link(playgroundHref(model), model),
    metricsText(metrics),
  ]);
  return table(
    [{ title: 'Step', number: true }, { title: 'Model' }, { title: 'Metrics' }],
    rows,
    'No checkpoints yet.',
  );
}

const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  headlineMetrics(metrics)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
    .join(', ');
