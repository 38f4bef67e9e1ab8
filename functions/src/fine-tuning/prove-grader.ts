/** Refuses a grader that compiles but cannot work here: its model is not there, its source does not run. */
import { type CompiledGrader, type GraderPool, proveGrader } from '@preheat/graders';
import { firstProblem } from './first-problem.js';

/** Long enough to start Python; longer would outlast the clients. */
const PROOF_LIMIT_MS = 90_000;

export interface ProofContext {
  readonly pool: GraderPool;
  readonly projectId: string;
  /** Where the grader stands in the request. */
  readonly path: string;
}

/** @throws ApiError `invalid_grader` naming the field. */
export async function refuseUnprovenGrader(compiled: CompiledGrader, context: ProofContext): Promise<void> {
  const { pool, projectId, path } = context;
  const options = { services: pool.services, projectId, path, signal: AbortSignal.timeout(PROOF_LIMIT_MS) };
  const problems = await proveGrader(compiled, options);
  if (problems.length > 0) throw firstProblem('invalid_grader', problems);
}
