/**
 * What a phase starts from. A phase that trains an adapter goes on with the one of the model it starts from when their
 * settings agree; otherwise that model, adapter included, becomes the frozen base of a fresh one.
 */
import type { LoraAdapter, LoraConfig } from '@preheat/checkpoints';
import type { ModelRecord } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { LeasedJob } from '@preheat/jobs';
import { agrees } from '@preheat/nn';
import { type AdapterConfig, adapterSettings } from '@preheat/recipes/catalog';
import { jobStart } from './job-start.js';
import { loadModel } from './load-model.js';
import type { PlannedPhase } from './plan-phases.js';
import type { Position } from './position.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { checkpointModel, readPhaseStart } from './save-checkpoint.js';

export interface PhaseStart {
  /** The whole model before the first step of the phase, however far the phase has come. */
  readonly record: ModelRecord;
  /** Its tensors are the whole model or, where an adapter is trained, what stays frozen under it. */
  readonly model: LoadedModel;
  /** Null where the whole model is trained. */
  readonly adapted: {
    /** What the adapter changes, as its checkpoints name it. */
    readonly base: ModelRecord;
    /** The adapter to go on with; null for a fresh one. */
    readonly adapter: LoraAdapter | null;
  } | null;
}

export async function phaseStart(
  deps: RunnerDependencies,
  leased: LeasedJob,
  { phase }: PlannedPhase,
  position: Position,
): Promise<PhaseStart> {
  const from = position.from ? checkpointModel(leased, position.from) : await jobStart(deps, leased);
  const record = position.isResume && position.from ? await readPhaseStart(deps, position.from.prefix) : from;
  const settings = adapterSettings(phase.config as unknown as AdapterConfig);
  const load = (model: ModelRecord) => loadModel(deps, leased, model);
  if (settings === null) return { record, model: await load(from), adapted: null };
  const known = await deps.models.adapterOf(from);
  const description = await deps.models.describe(from);
  if (known && (position.isResume || agrees(description.config, known.adapter, settings))) {
    const { tensors } = await load(known.base);
    const adapter = position.isResume ? known.adapter : withDropout(known.adapter, settings);
    return { record, model: { ...description, tensors }, adapted: { base: known.base, adapter } };
  }
  return { record, model: await load(from), adapted: { base: from, adapter: null } };
}

const withDropout = (adapter: LoraAdapter, { dropout }: LoraConfig): LoraAdapter => ({
  ...adapter,
  config: { ...adapter.config, dropout },
});
