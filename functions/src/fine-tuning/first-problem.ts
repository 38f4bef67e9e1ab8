/** From problems with paths to the one error of the wire. */
import { ApiError, type Problem } from '@preheat/contracts';

/** The error a client gets for a list of problems: the first, whose path becomes `param`. */
export function firstProblem(code: 'invalid_grader' | 'invalid_request', problems: readonly Problem[]): ApiError {
  const problem = problems[0] ?? { path: '', message: 'is not valid' };
  return new ApiError(code, `'${problem.path}' ${problem.message}.`, { param: problem.path || null });
}
