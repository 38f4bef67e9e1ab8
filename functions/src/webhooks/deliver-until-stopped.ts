/** The deliveries of the embedded server: beside its sweeper, because a slow endpoint must not keep jobs waiting. */
import type { Clock, Log } from '@preheat/ports';
import type { WebhookDeliveries } from './webhook-deliveries.js';

export async function deliverUntilStopped(
  { webhooks, clock, log }: { webhooks: WebhookDeliveries; clock: Clock; log: Log },
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await webhooks.deliverDue().catch((error: unknown) => log.error('delivering webhooks failed', { error }));
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
