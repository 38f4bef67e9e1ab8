/** Jobs, events and checkpoints as text. */
import {
  type FineTuningJob,
  type FineTuningJobCheckpoint,
  type FineTuningJobEvent,
  headlineMetrics,
} from '@preheat/sdk';
import { formatDuration, formatUnixSeconds } from '../duration.js';
import { printable } from '../printable.js';
import { renderTable } from '../table.js';

export function jobTable(jobs: readonly FineTuningJob[]): string {
  if (jobs.length === 0) return 'no jobs yet: `preheat jobs create --help`';
  const columns = [
    { title: 'JOB' },
    { title: 'STATUS' },
    { title: 'MODEL' },
    { title: 'PIPELINE' },
    { title: 'CREATED (UTC)' },
  ];
  return renderTable(
    columns,
    jobs.map((job) => [job.id, job.status, job.model, pipelineText(job), formatUnixSeconds(job.created_at)]),
  );
}

const pipelineText = (job: FineTuningJob): string => job.pipeline.map((phase) => phase.algorithm).join(' → ');

export function jobDetails(job: FineTuningJob): string {
  const { progress } = job;
  const lines: [string, string | undefined][] = [
    ['job', job.id],
    ['status', job.status],
    ['waits', queueText(job)],
    ['starts from', job.model],
    ['model', job.fine_tuned_model ?? undefined],
    ['eval', job.eval_id ?? undefined],
    ['seed', String(job.seed)],
    ['created', `${formatUnixSeconds(job.created_at)} UTC`],
    ['finished', job.finished_at === null ? undefined : `${formatUnixSeconds(job.finished_at)} UTC`],
    ['step', progress ? `${progress.step}/${progress.total_steps ?? '?'}` : undefined],
    ['time left', progress?.eta_seconds ? formatDuration(progress.eta_seconds * 1_000) : undefined],
    ['trained tokens', job.trained_tokens?.toString()],
    ['priority', job.scheduling.priority === 0 ? undefined : String(job.scheduling.priority)],
    ['deadline', job.scheduling.deadline === null ? undefined : `${formatUnixSeconds(job.scheduling.deadline)} UTC`],
    ['budget', budgetText(job)],
    ['used', usageText(job)],
    ['ended early', endedEarlyText(job)],
    ['alias', publicationText(job)],
    ['error', job.error ? `${job.error.message} (${job.error.code})` : undefined],
    ...job.pipeline.map((phase, index): [string, string] => [
      `phase ${index + 1}`,
      `${phase.algorithm} ${phase.status}${phase.model ? `, ${phase.model}` : ''}`,
    ]),
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(15)} ${value}`)
    .join('\n');
}

/** What it waits for and until when. */
function queueText({ queue }: FineTuningJob): string | undefined {
  if (!queue) return undefined;
  const { position, estimated_start: start, reason } = queue;
  const from = start && formatUnixSeconds(start.earliest);
  const until = start?.latest ? ` to ${formatUnixSeconds(start.latest)} UTC` : ' UTC or later';
  return `place ${position}: ${reason}${from ? `; starts ${from}${until}` : ''}`;
}

/** The limits that are set. */
function budgetText({ budget }: FineTuningJob): string | undefined {
  const limits = Object.entries(budget).filter(([, limit]) => limit !== null);
  return limits.length === 0 ? undefined : limits.map(([name, limit]) => `${name} ${limit}`).join(', ');
}

function usageText({ usage_metrics: { train_seconds: seconds, steps, cost } }: FineTuningJob): string | undefined {
  if (steps === 0) return undefined;
  const price = cost > 0 ? `, cost ${Number(cost.toPrecision(4))}` : '';
  return `${formatDuration(seconds * 1_000)} of training in ${steps} steps${price}`;
}

function endedEarlyText({ ended_early: end }: FineTuningJob): string | undefined {
  return end
    ? `${end.reason} (${end.limit}) after step ${end.step}; best checkpoint: step ${end.checkpoint_step}`
    : undefined;
}

/** Whether the alias that the job was asked to move stands for its model, and why not. */
function publicationText({ publication: asked }: FineTuningJob): string | undefined {
  if (!asked) return undefined;
  return `${asked.alias} ${asked.status}${asked.reasons.length > 0 ? `: ${asked.reasons.join('; ')}` : ''}`;
}

export const eventLine = (event: FineTuningJobEvent): string =>
  `${formatUnixSeconds(event.created_at)}  ${event.level.padEnd(5)}  ${printable(event.message)}`;

export function checkpointTable(checkpoints: readonly FineTuningJobCheckpoint[]): string {
  if (checkpoints.length === 0) return 'no checkpoints yet';
  return renderTable(
    [{ title: 'STEP', align: 'right' }, { title: 'PHASE', align: 'right' }, { title: 'MODEL' }, { title: 'METRICS' }],
    checkpoints.map((checkpoint) => [
      String(checkpoint.step_number),
      `${checkpoint.phase + 1}`,
      checkpoint.fine_tuned_model_checkpoint,
      headlineMetrics(checkpoint.metrics)
        .map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`)
        .join(' '),
    ]),
  );
}
