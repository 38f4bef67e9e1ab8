/** The preflight of a create request: what its fields mean, and then the one way that everything is checked. */
import { guardsOf, type JobLimits } from '@preheat/contracts';
import type { Ids } from '@preheat/ports';
import type { Depth } from './data/examine-file.js';
import type { CreateJobRequest } from './job-request.js';
import { preflight, type Preflight, type PreflightDependencies } from './preflight.js';
import { requestedLimits } from './requested-limits.js';
import { requestedPhases } from './requested-phases.js';
import { newSeed } from './seed.js';

export interface PreflightContext extends PreflightDependencies {
  readonly ids: Ids;
}

export type CheckedRequest = Preflight & { readonly seed: number; readonly limits: JobLimits };

/** @throws ApiError where the request leaves nothing to report. */
export async function preflightOf(
  context: PreflightContext,
  projectId: string,
  request: CreateJobRequest,
  depth: Depth,
): Promise<CheckedRequest> {
  const phases = requestedPhases(request);
  const limits = requestedLimits(request, context.clock.nowMs());
  const seed = request.seed ?? newSeed(context.ids);
  const wishes = request.preflight ?? null;
  const guards = guardsOf(request.guards);
  const asked = { model: request.model, phases, limits, guards, wishes };
  const checked = await preflight(context, { projectId, ...asked, seed, depth });
  return { ...checked, seed, limits };
}
