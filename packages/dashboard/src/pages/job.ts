/** One job, live: its state, its curves, its events and its checkpoints. */
import {
  type FineTuningJob,
  type FineTuningJobCheckpoint,
  type FineTuningJobEvent,
  hasEnded,
  type Preheat,
  headlineMetrics,
} from '@preheat/sdk';
import { chart } from '../chart.js';
import { button, element, table, time } from '../elements.js';
import { CHARTS, MetricSeries } from '../metric-series.js';
import type { Page } from './page.js';

const SHOWN_EVENTS = 500;
/** Redrawing for each of the events of a long job would take longer than reading them. */
const REDRAW_INTERVAL_MS = 250;

export const jobPage: Page = async ({ client, container, signal }, [id = '']) => {
  const summary = element('section', { 'aria-live': 'polite' });
  const charts = element('div', { class: 'charts' });
  const log = element('ol', { class: 'log', tabindex: 0, 'aria-label': 'Events, oldest first' });
  const checkpoints = element('div');
  const refresh = async (): Promise<void> => {
    const job = await client.jobs.retrieve(id, { signal });
    summary.replaceChildren(...jobSummary(job, client, () => void refresh()));
    checkpoints.replaceChildren(checkpointTable(await client.jobs.checkpoints(id, {}, { signal }).toArray()));
  };
  await refresh();
  container.replaceChildren(
    element('h1', {}, id),
    summary,
    element('h2', {}, 'Metrics'),
    charts,
    element('h2', {}, 'Checkpoints'),
    checkpoints,
    element('h2', {}, 'Events'),
    log,
  );
  await follow(client, id, signal, { charts, log, refresh });
  await refresh();
};

interface Live {
  readonly charts: HTMLElement;
  readonly log: HTMLElement;
  readonly refresh: () => Promise<void>;
}

async function follow(client: Preheat, id: string, signal: AbortSignal, { charts, log, refresh }: Live): Promise<void> {
  const series = new MetricSeries();
  const draw = (): void =>
    charts.replaceChildren(...CHARTS.map((spec) => chart(spec, series)).filter((figure) => figure !== null));
  let changed = false;
  const timer = setInterval(() => {
    if (!changed) return;
    changed = false;
    draw();
    refresh().catch(showLater);
  }, REDRAW_INTERVAL_MS);
  try {
    for await (const event of client.jobs.events(id, { follow: true, signal })) {
      if (series.add(event)) changed = true;
      else addEvent(log, event);
    }
  } finally {
    clearInterval(timer);
    draw();
  }
}

/** A refresh that fails is repeated with the next event, and a lasting failure ends the stream, which is shown. */
function showLater(error: unknown): void {
  console.warn(error);
}

function addEvent(log: HTMLElement, event: FineTuningJobEvent): void {
  const text = event.level === 'info' ? event.message : `${event.level}: ${event.message}`;
  log.append(element('li', {}, time(event.created_at), ` ${text}`));
  while (log.childElementCount > SHOWN_EVENTS) log.firstElementChild?.remove();
  log.scrollTop = log.scrollHeight;
}

function jobSummary(job: FineTuningJob, client: Preheat, onChange: () => void): HTMLElement[] {
  const { progress } = job;
  const step = progress ? `, step ${progress.step} of ${progress.total_steps ?? '?'}` : '';
  const speed = progress?.tokens_per_second ? `, ${Math.round(progress.tokens_per_second)} tokens/s` : '';
  const left = progress?.eta_seconds && !hasEnded(job) ? `, about ${Math.ceil(progress.eta_seconds)} s left` : '';
  const phases = job.pipeline.map((phase, index) => [
    String(index + 1),
    phase.algorithm,
    phase.status,
    phase.model ?? '–',
  ]);
  const columns = ['Phase', 'Algorithm', 'Status', 'Model'].map((title) => ({ title }));
  return [
    element('p', {}, element('strong', {}, job.status), step, speed, left),
    ...waiting(job),
    ...usage(job),
    ...(job.error ? [element('p', { class: 'error' }, `${job.error.message} (${job.error.code})`)] : []),
    table(columns, phases, 'No phases.'),
    element('p', { class: 'actions' }, ...actions(job, client, onChange)),
  ];
}

/** What it waits for and until when. */
function waiting({ queue }: FineTuningJob): HTMLElement[] {
  if (!queue) return [];
  const { position, estimated_start: start, reason } = queue;
  const until = start?.latest ? [' to ', time(start.latest)] : [' or later'];
  const when = start ? ['; starts ', time(start.earliest), ...until] : [];
  return [element('p', {}, `Place ${position}: ${reason}`, ...when)];
}

/** What the job may use and used, once there is something to say. */
function usage({ budget, usage_metrics: used, scheduling, ended_early: end }: FineTuningJob): HTMLElement[] {
  const limits = Object.entries(budget).filter(([, limit]) => limit !== null);
  const parts = [
    `${Math.round(used.train_seconds)} s of training, ${used.trained_tokens} tokens`,
    ...(used.cost > 0 ? [`cost ${Number(used.cost.toPrecision(4))}`] : []),
    ...limits.map(([name, limit]) => `${name} ${limit}`),
    ...(scheduling.priority === 0 ? [] : [`priority ${scheduling.priority}`]),
  ];
  const reason = end
    ? `Ended early: ${end.reason} (${end.limit}) after step ${end.step}, with the checkpoint of step ${end.checkpoint_step}.`
    : '';
  return [element('p', {}, parts.join(' · ')), ...(end ? [element('p', {}, reason)] : [])];
}

function actions(job: FineTuningJob, client: Preheat, onChange: () => void): HTMLElement[] {
  if (hasEnded(job)) return [];
  const act = (label: string, call: () => Promise<unknown>): HTMLElement =>
    button(label, () => void call().then(onChange, (error: Error) => alert(error.message)));
  const pauseOrResume =
    job.status === 'paused'
      ? act('Resume', () => client.jobs.resume(job.id))
      : act('Pause', () => client.jobs.pause(job.id));
  return [pauseOrResume, act('Cancel', () => client.jobs.cancel(job.id))];
}

function checkpointTable(checkpoints: readonly FineTuningJobCheckpoint[]): HTMLElement {
  const rows = checkpoints.map((checkpoint) => [
    String(checkpoint.step_number),
    checkpoint.fine_tuned_model_checkpoint,
    metricsText(checkpoint.metrics),
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
