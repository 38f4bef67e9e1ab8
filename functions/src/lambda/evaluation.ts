/** Lambda entry of the evaluation worker: works on the runs that queue messages name, and hands over before time is up. */
import { FUNCTION_DECODER_WORKERS, openParts } from '../composition.js';
import { queueHandler } from './queue-messages.js';

const parts = await openParts(process.env, 'evaluation', FUNCTION_DECODER_WORKERS);

export const handler = queueHandler(parts);
