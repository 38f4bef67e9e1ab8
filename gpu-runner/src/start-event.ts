/** Where the time between queueing a job and its first step went, as an event of the job. */
import type { JobDocument, NewEvent } from '@preheat/contracts';
import type { FirstStepWatch } from './first-step.js';

/** Beside what the watch saw. */
export interface StartFacts {
  /** Null where it is not known: then the start counts as warm. */
  readonly processStartedAtMs: number | null;
  /** What pulling the image took; null where it is not known: then it is within the machine's time. */
  readonly imageMs: number | null;
  /** Of opening the model, what reading weights took; null where it was not measured. */
  readonly fetchMs: number | null;
}

/**
 * A start is cold when this process was started while the job waited: then the wait is the machine's and image's start, and the
 * process's own. `null` where there was none.
 */
export function startEvent(
  { createdAtMs, queuedAtMs = createdAtMs }: Pick<JobDocument, 'createdAtMs' | 'queuedAtMs'>,
  watch: Pick<FirstStepWatch, 'startedAtMs' | 'spentMs'>,
  { processStartedAtMs, imageMs, fetchMs }: StartFacts,
): NewEvent {
  const isCold = processStartedAtMs !== null && queuedAtMs < processStartedAtMs;
  const bootMs = isCold ? processStartedAtMs - queuedAtMs : null;
  // The image may have been pulled before the job came, in part.
  const pulledMs = bootMs === null || imageMs === null ? null : Math.min(imageMs, bootMs);
  const machineMs = bootMs === null ? null : bootMs - (pulledMs ?? 0);
  const processMs = isCold ? Math.max(0, watch.startedAtMs - processStartedAtMs) : null;
  const queuedMs = isCold ? 0 : Math.max(0, watch.startedAtMs - queuedAtMs);
  const { data, model, step } = watch.spentMs;
  const totalMs = queuedMs + (bootMs ?? 0) + (processMs ?? 0) + data + model + step;
  const parts: [string, number | null][] = [
    ['waiting for a runner', isCold ? null : queuedMs],
    ['starting a machine', machineMs],
    ['pulling the image', pulledMs],
    ['starting the runner', processMs],
    ['reading data', data],
    ['opening the model', model],
    ['the step', step],
  ];
  const told = parts.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${inSeconds(ms)}`]));
  return {
    level: 'info',
    type: 'message',
    message: `First step after ${inSeconds(totalMs)} (${isCold ? 'cold' : 'warm'} start): ${told.join(', ')}`,
    data: {
      ...{ kind: 'first_step', cold: isCold, total_ms: totalMs, queue_ms: queuedMs },
      ...{ machine_ms: machineMs, image_ms: pulledMs, process_ms: processMs },
      ...{ data_ms: data, model_ms: model, fetch_ms: fetchMs, step_ms: step },
    },
  };
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
