/**
 * Gives back a model that nobody waits for any more, as soon as it is there. What fails then is only logged: giving back may close
 * other models, and a rejection that nobody takes would end the process.
 */
import type { Log } from '@preheat/ports';
import type { ServedModel } from './decoder-serving.js';

export function releaseLate(opening: Promise<Pick<ServedModel, 'release'>>, log: Log): void {
  opening.then(
    (model) => model.release().catch((error: unknown) => log.warn('a model could not be given back', { error })),
    // Who asks for it again is told why it cannot be opened.
    () => undefined,
  );
}
