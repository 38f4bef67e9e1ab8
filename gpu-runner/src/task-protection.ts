/**
 * Asks ECS not to stop this task while it holds a job or stays warm for the next one. The queue is empty while a job runs (its
 * message is deleted with the lease), so scaling in by queue depth alone would stop busy runners. Outside ECS there is no
 * agent and nothing to ask.
 */
import type { Log } from '@preheat/ports';

/** The longest ECS grants. A runner that dies takes its protection along. */
const EXPIRES_IN_MINUTES = 2_880;
const REQUEST_TIMEOUT_MS = 5_000;

export interface TaskProtection {
  /** Never throws: an unprotected runner that is stopped checkpoints and gives its job back. */
  set(isProtected: boolean): Promise<void>;
}

/** @param agentUri `ECS_AGENT_URI` as ECS sets it; undefined outside ECS. */
export function taskProtection(agentUri: string | undefined, log: Log): TaskProtection {
  if (agentUri === undefined) return { set: async () => {} };
  let isGivenUp = false;
  return {
    async set(isProtected) {
      // What is given up stays so; what is held runs out, and is asked for again.
      if (!isProtected && isGivenUp) return;
      isGivenUp = false;
      try {
        const answer = await fetch(`${agentUri}/task-protection/v1/state`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            ProtectionEnabled: isProtected,
            ...(isProtected ? { ExpiresInMinutes: EXPIRES_IN_MINUTES } : {}),
          }),
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        });
        if (answer.ok) isGivenUp = !isProtected;
        else log.warn('ECS refused task protection', { status: answer.status, body: await answer.text() });
      } catch (error) {
        log.warn('ECS could not be asked for task protection', { error });
      }
    },
  };
}
