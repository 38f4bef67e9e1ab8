/** What a job is doing, as one line: phase, step, loss or reward, tokens per second and time left. */
import type { FineTuningJob, FineTuningJobEvent } from '@preheat/sdk';
import { formatCount, formatDuration } from '../duration.js';
import { progressBar } from './progress-line.js';

/** Metrics worth a place on the line, in order of preference. */
const SHOWN_METRICS = [
  ['train_mean_reward', 'reward'],
  ['train_loss', 'loss'],
] as const;

export class JobView {
  #job: FineTuningJob | undefined;
  #metric = '';

  /** Takes the newest state of the job. */
  job(job: FineTuningJob): void {
    if (this.#phaseIndex(job) !== this.#phaseIndex(this.#job)) this.#metric = '';
    this.#job = job;
  }

  /** Takes an event; returns what should be printed as a message of its own, if anything. */
  event(event: FineTuningJobEvent): string | undefined {
    if (event.data?.['kind'] === 'checkpoint') return `checkpoint at step ${String(event.data['step'])}`;
    if (event.type !== 'metrics') return event.level === 'info' ? event.message : `${event.level}: ${event.message}`;
    for (const [key, label] of SHOWN_METRICS) {
      const value = event.data?.[key];
      if (typeof value !== 'number') continue;
      this.#metric = `${label} ${value.toFixed(3)}`;
      break;
    }
    return undefined;
  }

  line(): string {
    const job = this.#job;
    if (job === undefined) return 'waiting for the job';
    const { progress } = job;
    if (progress === null || job.status !== 'running') return `${job.id} ${job.status}`;
    const phase = job.pipeline[progress.phase];
    const fraction = progress.phase_steps ? progress.phase_step / progress.phase_steps : 0;
    return [
      `[${progress.phase + 1}/${job.pipeline.length} ${phase?.algorithm ?? 'phase'}]`,
      progressBar(fraction),
      `step ${progress.phase_step}/${progress.phase_steps ?? '?'}`,
      this.#metric,
      progress.tokens_per_second === null ? '' : `${formatCount(progress.tokens_per_second)} tok/s`,
      progress.eta_seconds === null ? '' : `ETA ${formatDuration(progress.eta_seconds * 1_000)}`,
    ]
      .filter((part) => part !== '')
      .join('  ');
  }

  #phaseIndex(job: FineTuningJob | undefined): number {
    return job?.progress?.phase ?? -1;
  }
}
