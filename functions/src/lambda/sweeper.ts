/** Lambda entry of the sweeper, called on a schedule. */
import { FUNCTION_DECODER_WORKERS, openParts } from '../composition.js';
import { sweep } from '../sweep.js';

/** Two turns of the schedule: a message that is merely slow is not rung for again. */
const RING_AFTER_MS = 120_000;

const parts = await openParts(process.env, 'sweeper', FUNCTION_DECODER_WORKERS);

export const handler = async (): Promise<void> => {
  await Promise.all([sweep(parts, { ringAfterMs: RING_AFTER_MS }), parts.webhooks.deliverDue()]);
};
