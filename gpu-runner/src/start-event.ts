/** Where the time between queueing a job and its first step went, as an event of the job. */
import type { JobDocument, NewEvent } from '@preheat/contracts';
import type { FirstStepWatch } from './first-step.js';

/**
 * A start is cold when this process was started while the job waited: then the wait is the machine's and image's start, and the
 * process's own. `null` where there was none.
 * @param processStartedAtMs Null where it is not known: then the start counts as warm.
 */
export function startEvent(
  { createdAtMs, queuedAtMs = createdAtMs }: Pick<JobDocument, 'createdAtMs' | 'queuedAtMs'>,
  watch: Pick<FirstStepWatch, 'startedAtMs' | 'spentMs'>,
  processStartedAtMs: number | null,
): NewEvent {
  const isCold = processStartedAtMs !== null && queuedAtMs < processStartedAtMs;
  const [queuedMs, machineMs, processMs] = isCold
    ? [0, processStartedAtMs - queuedAtMs, Math.max(0, watch.startedAtMs - processStartedAtMs)]
    : [Math.max(0, watch.startedAtMs - queuedAtMs), null, null];
  const { data, model, step } = watch.spentMs;
  const totalMs = queuedMs + (machineMs ?? 0) + (processMs ?? 0) + data + model + step;
  const parts: [string, number | null][] = [
    ['waiting for a runner', isCold ? null : queuedMs],
    ['starting a machine', machineMs],
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
      ...{ machine_ms: machineMs, process_ms: processMs, data_ms: data, model_ms: model, step_ms: step },
    },
  };
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
