/**
 * Opens a model that is about to be asked for. Doing it twice does nothing, since what is open stays open within its budget; a message
 * that comes late does nothing; a model that is gone, or cannot be opened, is left to whoever asks for it.
 */
import type { WarmMessage } from '@preheat/contracts';
import type { ApiDependencies } from '../dependencies.js';

export type WarmOutcome = 'expired' | 'ready' | 'opened' | 'unknown' | 'failed';

type WarmDependencies = Pick<ApiDependencies, 'models' | 'decoders' | 'clock' | 'log'>;

/** `ready`: what opens models is. */
export async function warmModel(deps: WarmDependencies, message: WarmMessage): Promise<WarmOutcome> {
  const { projectId, model, expiresAtMs } = message;
  if (deps.clock.nowMs() >= expiresAtMs) return 'expired';
  try {
    if (model === null) {
      await deps.decoders.loadRuntime();
      return 'ready';
    }
    const record = await deps.models.find(projectId, model);
    if (!record) return 'unknown';
    await deps.decoders.warm(record);
    return 'opened';
  } catch (error) {
    deps.log.warn('a model could not be opened ahead of its first use', { model, error });
    return 'failed';
  }
}
