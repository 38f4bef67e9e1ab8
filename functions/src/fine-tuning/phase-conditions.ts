/** When a phase of a pipeline ends early, and the policy it is held to: refused where they would have no effect. */
import type { ApiError, ResolvedPhase } from '@preheat/contracts';
import { idleReference } from '@preheat/recipes/catalog';
import { firstProblem } from './first-problem.js';
import type { RequestedPhase } from './requested-phases.js';

/** @param config As resolved. @throws ApiError `invalid_request` naming the field. */
export function phaseConditions(
  { algorithm, advance, reference, validationFile, paths }: RequestedPhase,
  config: Readonly<Record<string, unknown>>,
): Pick<ResolvedPhase, 'advance' | 'reference'> {
  const refuse = (field: string, message: string): ApiError =>
    firstProblem('invalid_request', [{ path: `${paths.phase}.${field}`, message }]);
  if (advance) {
    const { min_gain: _, ...conditions } = advance;
    if (Object.keys(conditions).length === 0) throw refuse('advance', 'names no condition: give a bound or no_gain_in');
    if (validationFile === null) throw refuse('advance', 'is judged on a validation_file, and this phase has none');
    if (advance.min_gain !== undefined && advance.no_gain_in === undefined) {
      throw refuse('advance.min_gain', 'says what counts as a gain; it needs no_gain_in');
    }
  }
  // The default is what such a phase reads back with.
  const idle = reference !== 'job_start' ? null : idleReference(algorithm, config);
  if (idle !== null) throw refuse('reference', idle);
  return { ...(advance ? { advance } : {}), ...(reference === undefined ? {} : { reference }) };
}
