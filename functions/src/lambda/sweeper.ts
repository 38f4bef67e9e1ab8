/** Lambda entry of the sweeper, called on a schedule. */
import { type Environment, FUNCTION_DECODERS } from '../api-parts.js';
import { openParts } from '../composition.js';
import { sweep } from '../sweep.js';
import { tellStart } from './tell-start.js';

/** Two turns of the schedule: a message that is merely slow is not rung for again. */
const RING_AFTER_MS = 120_000;
/** For what was begun when the time was up, and for remembering where. */
const LAST_ENTRY_MS = 10_000;

export async function open(environment: Environment, compiledCode?: () => string) {
  const parts = await openParts(environment, 'sweeper', FUNCTION_DECODERS);
  tellStart(parts.log, compiledCode);
  const handler = async (_event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const endsAtMs = parts.clock.nowMs() + context.getRemainingTimeInMillis();
    await Promise.all([
      sweep(parts, { ringAfterMs: RING_AFTER_MS, untilMs: endsAtMs - LAST_ENTRY_MS }),
      parts.webhooks.deliverDue({ endsAtMs }),
    ]);
  };
  return { handler };
}
