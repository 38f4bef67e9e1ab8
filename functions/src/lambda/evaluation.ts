/** Lambda entry of the evaluation worker: works on the runs that queue messages name, and hands over before time is up. */
import { type Environment, FUNCTION_DECODER_WORKERS } from '../api-parts.js';
import { openParts } from '../composition.js';
import { queueHandler } from './queue-messages.js';
import { tellStart } from './tell-start.js';

export async function open(environment: Environment, compiledCode?: () => string) {
  const parts = await openParts(environment, 'evaluation', FUNCTION_DECODER_WORKERS);
  tellStart(parts.log, compiledCode);
  return { handler: queueHandler(parts) };
}
