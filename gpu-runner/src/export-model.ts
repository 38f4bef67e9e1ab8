/**
 * The end of a job: the last checkpoint as a bundle that other programs can open (Hugging Face files and an ONNX graph), with
 * a proof that serving computes what was trained. An export that disagrees with the training graph is never published.
 */
import { decoderToOnnx, openBundle, publishBundle } from '@preheat/checkpoints';
import { type CheckpointRecord, KEYS, type ModelRecord } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { LeasedJob } from '@preheat/jobs';
import type { AnyRow } from '@preheat/recipes';
import { compareGraphs, PARITY_BOUND, type ParityReport } from './compare-graphs.js';
import { loadModel } from './load-model.js';
import type { RunnerDependencies } from './runner-dependencies.js';
import { checkpointModel, TRAINING_BLOBS } from './save-checkpoint.js';
import { conversationOf } from './training-rows.js';

const ONNX_BLOB = 'model.onnx';
const PARITY_BLOB = 'parity.json';

/** Rows compared: a fault of the export shows on any row. */
const PARITY_ROWS = 8;

/** The export computes something else than what was trained. */
export class ParityError extends Error {
  override readonly name = 'ParityError';
}

export interface ExportedModel extends Pick<ModelRecord, 'prefix' | 'needs'> {
  readonly parity: ParityReport;
}

/**
 * Publishes the bundle of the final model and says where it is. @throws ParityError beyond `PARITY_BOUND`.
 * @param rows Conversations to compare on, such as the first of the training file.
 */
export async function exportModel(
  deps: RunnerDependencies,
  leased: LeasedJob,
  last: CheckpointRecord,
  rows: readonly AnyRow[],
): Promise<ExportedModel> {
  const record = checkpointModel(leased, last);
  // Nobody asks for it here again, and models that are kept for other jobs make room for it.
  const model = await loadModel(deps, leased, record);
  const adapted = await deps.models.adapterOf(record);
  const trained = adapted
    ? { weights: (await loadModel(deps, leased, adapted.base)).tensors, adapter: adapted.adapter }
    : { weights: model.tensors };
  const parity = await (deps.compareGraphs ?? compareGraphs)(deps.executor, model, trained, tokensOf(model, rows));
  if (!(parity.maxLogProbDifference <= PARITY_BOUND)) {
    throw new ParityError(
      `training and serving disagree by ${parity.maxLogProbDifference} nats (bound ${PARITY_BOUND})`,
    );
  }
  const checkpoint = await openBundle(deps.store, last.prefix);
  const blobs = new Map<string, Uint8Array>();
  for (const name of checkpoint.names) if (!TRAINING_BLOBS.has(name)) blobs.set(name, await checkpoint.read(name));
  // An adapter stays small: its base's weights are stored once, with the base.
  if (!adapted) blobs.set(ONNX_BLOB, decoderToOnnx(model.config, model.tensors, 'exchange'));
  blobs.set(PARITY_BLOB, new TextEncoder().encode(JSON.stringify(parity, null, 2)));
  const prefix = `${KEYS.attempt(leased.job.id, leased.lease.epoch)}/final`;
  await (deps.publishBundle ?? publishBundle)(deps.store, prefix, blobs);
  return { prefix, parity, ...(last.needs === undefined ? {} : { needs: last.needs }) };
}

function tokensOf(model: LoadedModel, rows: readonly AnyRow[]): Int32Array[] {
  const longest = model.config.max_position_embeddings;
  const { tokenizer } = model;
  const encoded = rows.slice(0, PARITY_ROWS).map((row) => {
    const { messages, tools } = conversationOf(row);
    const isAnswered = messages.at(-1)?.role === 'assistant';
    return isAnswered ? tokenizer.encodeChat(messages, { tools }).tokens : tokenizer.encodePrompt(messages, { tools });
  });
  return encoded.map((tokens) => tokens.slice(0, longest)).filter((tokens) => tokens.length > 1);
}
