/**
 * The two work queues: training jobs for the runners, evaluation runs for the evaluation function.
 * A message is only a doorbell that names a document: losing or repeating one is harmless, because the document in the
 * bucket decides. Standard (not FIFO) for that reason. What cannot be handled lands in a dead-letter queue, where a
 * person may read it.
 */
import { queues as settings } from './settings.js';

export const { queue: workQueue, deadLetters: workDeadLetters } = queueWithDeadLetters('Work', settings.workVisibility);
export const { queue: evaluationQueue, deadLetters: evaluationDeadLetters } = queueWithDeadLetters(
  'EvaluationRuns',
  settings.evaluationVisibility,
);

function queueWithDeadLetters(name: string, visibilityTimeout: sst.aws.QueueArgs['visibilityTimeout']) {
  const deadLetters = new sst.aws.Queue(`${name}DeadLetters`, {
    transform: {
      queue: { sqsManagedSseEnabled: true, messageRetentionSeconds: settings.deadLetterRetentionSeconds },
    },
  });
  const queue = new sst.aws.Queue(name, {
    visibilityTimeout,
    dlq: { queue: deadLetters.arn, retry: settings.maxReceives },
    transform: { queue: { sqsManagedSseEnabled: true } },
  });
  return { queue, deadLetters };
}
