/** What there is to say about a job: where it stands, what it waits for, what it used, and its phases. */
import { type FineTuningJob, hasEnded } from '@preheat/sdk';
import { element, link, table, time } from '../elements.js';
import { playgroundHref } from './playground-href.js';

export function jobSummary(job: FineTuningJob): HTMLElement[] {
  const { progress } = job;
  const step = progress ? [`step ${progress.step} of ${progress.total_steps ?? '?'}`] : [];
  const speed = progress?.tokens_per_second ? [`${Math.round(progress.tokens_per_second)} tokens/s`] : [];
  const left = progress?.eta_seconds && !hasEnded(job) ? [`about ${Math.ceil(progress.eta_seconds)} s left`] : [];
  const phases = job.pipeline.map((phase, index) => [
    String(index + 1),
    phase.algorithm,
    phase.status,
    phase.model === null ? '–' : link(playgroundHref(phase.model), phase.model),
  ]);
  const columns = ['Phase', 'Algorithm', 'Status', 'Model'].map((title) => ({ title }));
  const standing = [...step, ...speed, ...left].join(', ');
  return [
    ...(standing === '' ? [] : [element('p', {}, standing)]),
    ...waiting(job),
    ...usage(job),
    ...publication(job),
    ...(job.error ? [element('p', { class: 'error' }, `${job.error.message} (${job.error.code})`)] : []),
    table(columns, phases, 'No phases.'),
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

/** Whether the alias that the job was asked to move stands for its model, and why not. */
function publication({ publication: asked }: FineTuningJob): HTMLElement[] {
  if (!asked) return [];
  const reasons = asked.reasons.length > 0 ? `: ${asked.reasons.join('; ')}` : '';
  return [element('p', {}, `Alias ${asked.alias}: ${asked.status}${reasons}`)];
}
