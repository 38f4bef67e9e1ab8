/** The embedded evaluation worker: takes doorbells from the queue, one run at a time, until it is told to stop. */
import { check, EvalRunMessage, WarmMessage } from '@preheat/contracts';
import { warmModel } from './warm-model.js';
import { type RunOutcome, type RunWorkerDependencies, type RunWorkerOptions, workOnRun } from './work-on-run.js';

const WAIT_MS = 10_000;
/** A message is a doorbell: should it come again meanwhile, the lease says that the run is in good hands. */
const VISIBILITY_MS = 60_000;
const PAUSE_AFTER_ERROR_MS = 1_000;

export async function runEvaluationWorker(
  deps: RunWorkerDependencies,
  options: RunWorkerOptions & { signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    try {
      await takeOne(deps, options);
    } catch (error) {
      deps.log.error('evaluation worker failed', { error });
      await deps.clock.sleep(PAUSE_AFTER_ERROR_MS, signal).catch(() => undefined);
    }
  }
}

async function takeOne(
  deps: RunWorkerDependencies,
  options: RunWorkerOptions & { signal: AbortSignal },
): Promise<void> {
  const wait = { maxMessages: 1, waitMs: WAIT_MS, visibilityTimeoutMs: VISIBILITY_MS, signal: options.signal };
  for (const { message, receipt } of await deps.evaluationQueue.receive(wait)) {
    await answerDoorbell(deps, message, options);
    await deps.evaluationQueue.delete(receipt);
  }
}

/** Works on the run a message names, or opens a model that will be asked for. A message nobody understands is logged and dropped: it would never get better. */
export async function answerDoorbell(
  deps: RunWorkerDependencies,
  message: unknown,
  options: RunWorkerOptions,
): Promise<RunOutcome> {
  const warm = check(WarmMessage, message);
  if (warm.ok) {
    const outcome = await warmModel(deps, warm.value);
    deps.log.info('model opened ahead', { model: warm.value.model, outcome });
    return 'left';
  }
  const checked = check(EvalRunMessage, message);
  if (checked.ok) {
    const { evalId, runId } = checked.value;
    const outcome = await workOnRun(deps, { evalId, runId }, options);
    deps.log.info('evaluation run', { evalId, runId, outcome });
    return outcome;
  }
  deps.log.warn('message on the evaluation queue is not understood', { problems: checked.problems });
  return 'left';
}
