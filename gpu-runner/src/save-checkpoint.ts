/**
 * Publishes a checkpoint in the order that makes it safe: blobs, then the manifest, then the model name, then the pointer in
 * the job. A crash in between leaves objects nobody refers to, never a reference to something incomplete.
 */
import {
  bundlesOf,
  type CheckpointRecord,
  decodeStored,
  encodeStored,
  type EndedEarly,
  invariant,
  KEYS,
  ModelRecord,
  type NewEvent,
  retentionOf,
  type Usage,
} from '@preheat/contracts';
import {
  type BlobContent,
  decodeSafetensors,
  openBundle,
  publishBundle,
  safetensorsPieces,
} from '@preheat/checkpoints';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { adapterBlobs, descriptionBlobs, MODEL_BLOBS } from '@preheat/inference/stored-models';
import { checkpointModelName, type LeasedJob, LostLeaseError, nameModel } from '@preheat/jobs';
import type { Snapshot } from '@preheat/recipes';
import { validationQuality } from '@preheat/recipes/catalog';
import type { RunnerDependencies } from './runner-dependencies.js';

const OPTIMIZER_BLOB = 'optimizer.safetensors';
const STATE_BLOB = 'state.json';
/** The record of the model that the phase started from: a reference policy is read from there, never stored again. */
const PHASE_START_BLOB = 'phase-start.json';
/** What only training reads. */
export const TRAINING_BLOBS: ReadonlySet<string> = new Set([OPTIMIZER_BLOB, STATE_BLOB, PHASE_START_BLOB]);

export interface CheckpointPoint {
  readonly phaseIndex: number;
  readonly phaseStep: number;
  readonly step: number;
  readonly endsPhase: boolean;
  readonly trainedTokens: number;
  readonly usage: Usage;
  readonly metrics: Readonly<Record<string, number>>;
  /** The limit that makes it the last one. */
  readonly endedEarly: EndedEarly | null;
}

export interface CheckpointedModel extends ModelDescription {
  /** What the adapter in training changes; null where the whole model is trained. */
  readonly base: ModelRecord | null;
  /** The model before the first step of the phase. */
  readonly phaseStart: ModelRecord;
}

/** Writes everything and moves the pointer. @throws LostLeaseError when the job is no longer ours. */
export async function saveCheckpoint(
  deps: RunnerDependencies,
  leased: LeasedJob,
  model: CheckpointedModel,
  snapshot: Snapshot,
  { endedEarly, ...point }: CheckpointPoint,
): Promise<CheckpointRecord> {
  const { job, lease } = leased;
  const prefix = `${KEYS.attempt(job.id, lease.epoch)}/step-${point.step}`;
  const blobs = trainedBlobs(model, snapshot);
  blobs.set(OPTIMIZER_BLOB, () => safetensorsPieces(snapshot.optimizer));
  blobs.set(STATE_BLOB, new TextEncoder().encode(JSON.stringify(snapshot.plain)));
  blobs.set(PHASE_START_BLOB, encodeStored(model.phaseStart));
  await (deps.publishBundle ?? publishBundle)(deps.store, prefix, blobs);
  const name = checkpointModelName(job, point.step);
  const needs = model.base ? { needs: bundlesOf(model.base) } : {};
  const createdAtMs = deps.clock.nowMs();
  const { checkpoint_ttl_seconds: ttl } = retentionOf(job.retention);
  const expiry = ttl === null ? {} : { expiresAtMs: createdAtMs + 1000 * ttl };
  const named = modelRecord(leased, name, 'checkpoint', { prefix, createdAtMs, ...needs });
  await giveName(deps, leased, { ...named, ...expiry });
  const record: CheckpointRecord = {
    ...point,
    id: deps.ids.next('ftckpt_'),
    createdAtMs,
    prefix,
    ...needs,
    quality: validationQuality(point.metrics),
    model: name,
    metrics: { ...point.metrics },
  };
  const announcement: NewEvent = {
    level: 'info',
    type: 'message',
    message: `Checkpoint created at step ${record.step}: ${name}`,
    data: { kind: 'checkpoint', step: record.step, model: name },
  };
  await leased.checkpoint(record, announcement, endedEarly);
  return record;
}

/**
 * The files of the whole model, or of an adapter beside the record of its base. What is as large as the model is encoded while it is
 * written, a tensor at a time: a copy of all of it may be more than the machine of a GPU has left.
 */
function trainedBlobs(model: CheckpointedModel, { weights, adapter }: Snapshot): Map<string, BlobContent> {
  const { config, tokenizerFiles, base } = model;
  if (adapter === null) {
    const blobs = new Map<string, BlobContent>(descriptionBlobs(config, tokenizerFiles));
    return blobs.set(MODEL_BLOBS.weights, () => safetensorsPieces(weights));
  }
  invariant(base, 'an adapter has a base');
  return new Map(adapterBlobs({ config, tokenizerFiles }, { config: adapter, tensors: weights }, base));
}

/** Gives the job's final name to an exported bundle. */
export async function publishFinalModel(
  deps: RunnerDependencies,
  leased: LeasedJob,
  name: string,
  exported: Pick<ModelRecord, 'prefix' | 'needs'>,
): Promise<void> {
  const createdAtMs = deps.clock.nowMs();
  await giveName(deps, leased, modelRecord(leased, name, 'fine-tuned', { ...exported, createdAtMs }));
}

/** @throws LostLeaseError when the job is no longer ours, as far as that shows before the name is there. */
async function giveName({ store }: RunnerDependencies, leased: LeasedJob, record: ModelRecord): Promise<void> {
  await leased.confirm();
  if (!(await nameModel(store, record))) throw new LostLeaseError(`a later attempt has published ${record.name}`);
}

/**
 * The model of a checkpoint, from the job's own pointer: its published name may have been deleted by a user or repointed by
 * a later attempt, and neither may change what the job goes on with.
 */
export function checkpointModel(leased: LeasedJob, checkpoint: CheckpointRecord): ModelRecord {
  return modelRecord(leased, checkpoint.model, 'checkpoint', checkpoint);
}

/** The training state in a checkpoint. @throws BundleError when it is damaged. */
export async function readTrainingState(
  deps: RunnerDependencies,
  prefix: string,
): Promise<Pick<Snapshot, 'optimizer' | 'plain'>> {
  const bundle = await openBundle(deps.store, prefix);
  return {
    optimizer: decodeSafetensors(await bundle.read(OPTIMIZER_BLOB)).tensors,
    plain: JSON.parse(new TextDecoder().decode(await bundle.read(STATE_BLOB))),
  };
}

/** The model that the phase of a checkpoint started from. @throws BundleError when the checkpoint is damaged. */
export async function readPhaseStart(deps: RunnerDependencies, prefix: string): Promise<ModelRecord> {
  const bundle = await openBundle(deps.store, prefix);
  return decodeStored(ModelRecord, await bundle.read(PHASE_START_BLOB), `${prefix}/${PHASE_START_BLOB}`);
}

function modelRecord(
  leased: LeasedJob,
  name: string,
  kind: ModelRecord['kind'],
  { prefix, createdAtMs, needs }: Pick<ModelRecord, 'prefix' | 'createdAtMs' | 'needs'>,
): ModelRecord {
  const { job } = leased;
  return {
    schemaVersion: 1,
    name,
    kind,
    projectId: job.projectId,
    createdAtMs,
    ownedBy: job.projectId,
    prefix,
    jobId: job.id,
    base: job.model,
    ...(needs === undefined ? {} : { needs }),
  };
}
