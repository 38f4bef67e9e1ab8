/** Constraints of answers as requests ask for them: what the model cannot write is the request's mistake. */
import { ApiError } from '@preheat/contracts';
import {
  type ConstraintRequest,
  modelConstraint,
  NoTokenAllowedError,
  type TokenConstraint,
} from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';

/**
 * @param by The field of the request that constrains its answers: what errors name.
 * @throws ApiError where the model has no token to begin with, and what `grammar` throws.
 */
export function cachedConstraint(
  model: ModelDescription,
  { by, ...request }: ConstraintRequest & { readonly by: string },
): TokenConstraint {
  try {
    return modelConstraint(model, request);
  } catch (error) {
    refuseUnwritable(error, by);
  }
}

/** @throws ApiError where an answer could not go on, else the error itself. */
export function refuseUnwritable(error: unknown, by = 'response_format'): never {
  if (!(error instanceof NoTokenAllowedError)) throw error;
  const what = by.endsWith('tools') ? 'a call of these tools' : 'an answer of this format';
  const message = `The model's vocabulary cannot write ${what}: ${error.message}.`;
  throw new ApiError('invalid_request', message, { param: by });
}
