/** The model whose policy a phase is held to, however far the phase has come. */
import type { ModelRecord, ResolvedPhase } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import type { ReferenceWeights } from '@preheat/recipes';
import { jobStart } from './job-start.js';
import { loadModel } from './load-model.js';
import type { PhaseStart } from './phase-start.js';
import type { RunnerDependencies } from './runner-dependencies.js';

/** @param phaseStart The model before the first step of the phase. */
async function referenceModel(
  deps: Pick<RunnerDependencies, 'models'>,
  leased: LeasedJob,
  { reference }: ResolvedPhase,
  phaseStart: ModelRecord,
): Promise<ModelRecord> {
  return reference === 'job_start' ? jobStart(deps, leased) : phaseStart;
}

/** Its weights: those that the phase has in memory already, where it is they alone or an adapter of them. */
export async function referenceWeights(
  deps: RunnerDependencies,
  leased: LeasedJob,
  phase: ResolvedPhase,
  { record, model, adapted }: PhaseStart,
): Promise<ReferenceWeights> {
  const reference = await referenceModel(deps, leased, phase, record);
  if (adapted) {
    const isBase = ({ prefix }: ModelRecord) => prefix === adapted.base.prefix;
    if (isBase(reference)) return { weights: model.tensors, adapter: null };
    const known = await deps.models.adapterOf(reference);
    if (known && isBase(known.base)) return { weights: model.tensors, adapter: known.adapter };
  }
  return { weights: (await loadModel(deps, leased, reference)).tensors, adapter: null };
}
