/** The model whose policy a phase is held to, however far the phase has come. */
import type { ModelRecord, ResolvedPhase } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import { jobStart } from './job-start.js';
import type { RunnerDependencies } from './runner-dependencies.js';

/** @param phaseStart The model before the first step of the phase. */
export async function referenceModel(
  deps: Pick<RunnerDependencies, 'models'>,
  leased: LeasedJob,
  { reference }: ResolvedPhase,
  phaseStart: ModelRecord,
): Promise<ModelRecord> {
  return reference === 'job_start' ? jobStart(deps, leased) : phaseStart;
}
