/** What jobs that wait are told by: one for a process, since it holds what it read of the queue. */
import type { ApiContext } from '../api-context.js';
import { QueueOutlook } from '../fine-tuning/queue/queue-outlook.js';

const outlooks = new WeakMap<ApiContext, QueueOutlook>();

export function outlookOf(context: ApiContext): QueueOutlook {
  const known = outlooks.get(context);
  if (known) return known;
  const outlook = new QueueOutlook(context.deps, context.queue, context.deps.queueFacts);
  outlooks.set(context, outlook);
  return outlook;
}
