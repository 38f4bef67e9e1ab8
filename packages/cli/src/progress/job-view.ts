/** What a job is doing, as one line: phase, step, loss or reward, tokens per second and time left. */
import type { FineTuningJob, FineTuningJobEvent } from '@preheat/sdk';
import { formatCount, formatDuration } from '../duration.js';
import { printable } from '../printable.js';
import { progressBar } from './progress-line.js';

/** Metrics worth a place on the line, in order of preference. */
const SHOWN_METRICS = [
  ['train_mean_reward', 'reward'],
  ['train_loss', 'loss'],
] as const;

/** Where a job stands, from the newest metrics event or, before the first, from the job object. */
interface Standing {
  readonly phase: number;
  readonly phaseStep: number;
  readonly phaseSteps: number | null;
  readonly tokensPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly metric: string;
}

export class JobView {
  #job: FineTuningJob | undefined;
  #standing: Standing | undefined;

  /** Takes the newest state of the job. */
  job(job: FineTuningJob): void {
    this.#job = job;
    const { progress } = job;
    if (progress === null || this.#standing !== undefined) return;
    this.#standing = {
      phase: progress.phase,
      phaseStep: progress.phase_step,
      phaseSteps: progress.phase_steps,
      tokensPerSecond: progress.tokens_per_second,
      etaSeconds: progress.eta_seconds,
      metric: '',
    };
  }

  /** Takes an event; returns what should be printed as a message of its own, if anything. */
  event(event: FineTuningJobEvent): string | undefined {
    if (event.data?.['kind'] === 'checkpoint') return `checkpoint at step ${String(event.data['step'])}`;
    if (event.type !== 'metrics') {
      const message = printable(event.message);
      return event.level === 'info' ? message : `${event.level}: ${message}`;
    }
    this.#standing = standingOf(event.data ?? {});
    return undefined;
  }

  line(): string {
    const job = this.#job;
    if (job === undefined) return 'waiting for the job';
    const at = this.#standing;
    if (job.status === 'queued' && job.queue)
      return `${job.id} queued, place ${job.queue.position}: ${job.queue.reason}`;
    if (at === undefined || job.status !== 'running') return `${job.id} ${job.status}`;
    return [
      `[${at.phase + 1}/${job.pipeline.length} ${job.pipeline[at.phase]?.algorithm ?? 'phase'}]`,
      progressBar(at.phaseSteps ? at.phaseStep / at.phaseSteps : 0),
      `step ${at.phaseStep}/${at.phaseSteps ?? '?'}`,
      at.metric,
      at.tokensPerSecond === null ? '' : `${formatCount(at.tokensPerSecond)} tok/s`,
      at.etaSeconds === null ? '' : `ETA ${formatDuration(at.etaSeconds * 1_000)}`,
    ]
      .filter((part) => part !== '')
      .join('  ');
  }
}

function standingOf(data: Readonly<Record<string, unknown>>): Standing {
  const number = (key: string): number | null => (typeof data[key] === 'number' ? data[key] : null);
  const shown = SHOWN_METRICS.find(([key]) => number(key) !== null);
  return {
    phase: number('phase') ?? 0,
    phaseStep: number('step') ?? 0,
    phaseSteps: number('total_steps'),
    tokensPerSecond: number('tokens_per_second'),
    etaSeconds: number('eta_seconds'),
    metric: shown ? `${shown[1]} ${(number(shown[0]) ?? 0).toFixed(3)}` : '',
  };
}
