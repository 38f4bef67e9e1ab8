/** The answer to a deletion of what something uses: who, by name, so that the caller can end, move or delete it. */
import { ApiError } from '@preheat/contracts';
import { type Use, Uses, type UsesDependencies } from '@preheat/jobs';

/** A request that creates a job or a model takes less. */
export const CREATION_MAX_MS = 10 * 60_000;
const USERS_NAMED = 5;

/** As of now, for one request. */
export const usesNow = (deps: UsesDependencies): Uses =>
  new Uses(deps, { graceMs: CREATION_MAX_MS, includeDead: false });

/** @throws ApiError with `code`, unless nothing uses it. */
export function refuseInUse(
  uses: readonly Use[],
  code: 'model_in_use' | 'file_in_use',
  what: string,
  param: string,
): void {
  if (uses.length === 0) return;
  const named = uses.slice(0, USERS_NAMED).map(({ kind, id }) => `${kind} '${id}'`);
  const more = uses.length > USERS_NAMED ? ` and ${uses.length - USERS_NAMED} more` : '';
  throw new ApiError(code, `${what} is used by ${named.join(', ')}${more}. End, move or delete that first.`, { param });
}
