/** Follows a job to its end: its events as messages, its progress as one line, both until nothing more can happen. */
import { type FineTuningJob, type FineTuningJobEvent, hasEnded, type Preheat } from '@preheat/sdk';
import type { Io } from '../io.js';
import { JobView } from './job-view.js';
import { ProgressLine } from './progress-line.js';

const REFRESH_INTERVAL_MS = 1_000;

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly onEvent?: (event: FineTuningJobEvent) => void;
}

/** Returns the ended job, whatever its end. Throws the signal's reason when aborted; the job goes on then. */
export async function watchJob(client: Preheat, id: string, io: Io, options: WatchOptions): Promise<FineTuningJob> {
  const view = new JobView();
  const line = new ProgressLine(io.stderr, io.nowMs);
  const finished = new AbortController();
  const signal = AbortSignal.any([options.signal, finished.signal]);
  const onEvent = (event: FineTuningJobEvent): void => {
    options.onEvent?.(event);
    const message = view.event(event);
    if (message !== undefined) line.message(message);
    line.update(view.line());
  };
  // Whether to give up is decided by what follows the events.
  const unanswered = (error: unknown): undefined => {
    signal.throwIfAborted();
    line.update(`${id}: ${(error as Error).message}; asking again`);
  };
  const refresh = async (): Promise<void> => {
    for (;;) {
      const job = await client.jobs.retrieve(id, { signal }).catch(unanswered);
      if (job) {
        view.job(job);
        line.update(view.line());
        if (hasEnded(job)) return;
      }
      await io.sleep(REFRESH_INTERVAL_MS, signal);
    }
  };
  try {
    const [job] = await Promise.all([client.jobs.wait(id, { signal, onEvent }), refresh()]);
    view.job(job);
    line.update(view.line(), true);
    return job;
  } finally {
    finished.abort();
    line.end();
  }
}
