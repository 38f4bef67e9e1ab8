/**
 * The end of a job: the last checkpoint as a bundle that other programs can open (Hugging Face files and an ONNX graph), with
 * a proof that serving computes what was trained. An export that disagrees with the training graph is never published.
 */
import { decoderToOnnx, openBundle, publishBundle, type TensorMap } from '@preheat/checkpoints';
import { type CheckpointRecord, KEYS, type SupervisedRow } from '@preheat/contracts';
import { DecoderPool } from '@preheat/inference';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { LeasedJob } from '@preheat/jobs';
import { type Start, Trainer } from '@preheat/nn';
import type { RunnerDependencies } from './runner-dependencies.js';
import { checkpointModel, TRAINING_BLOBS } from './save-checkpoint.js';

const ONNX_BLOB = 'model.onnx';
const PARITY_BLOB = 'parity.json';

/** Largest difference of a token's log-probability between the training graph and the served one, in nats. */
export const PARITY_BOUND = 1e-3;
/** Rows compared: a fault of the export shows on any row. */
const PARITY_ROWS = 8;

export interface ParityReport {
  readonly rows: number;
  readonly tokens: number;
  /** In nats. */
  readonly maxLogProbDifference: number;
  readonly bound: number;
}

/** The export computes something else than what was trained. */
export class ParityError extends Error {
  override readonly name = 'ParityError';
}

/**
 * Publishes the bundle of the final model and returns its key prefix. @throws ParityError beyond `PARITY_BOUND`.
 * @param rows Conversations to compare on, such as the first of the training file.
 */
export async function exportModel(
  deps: RunnerDependencies,
  leased: LeasedJob,
  last: CheckpointRecord,
  rows: readonly SupervisedRow[],
): Promise<{ prefix: string; parity: ParityReport }> {
  const record = checkpointModel(leased, last);
  const model = await deps.models.load(record);
  const adapted = await deps.models.adapterOf(record);
  const trained = adapted
    ? { weights: (await deps.models.load(adapted.base)).tensors, adapter: adapted.adapter }
    : { weights: model.tensors };
  const parity = await compareGraphs(deps, model, trained, tokensOf(model, rows));
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
  await publishBundle(deps.store, prefix, blobs);
  return { prefix, parity };
}

function tokensOf(model: LoadedModel, rows: readonly SupervisedRow[]): Int32Array[] {
  const longest = model.config.max_position_embeddings;
  const encoded = rows.slice(0, PARITY_ROWS).map(({ messages }) => model.tokenizer.encodeChat(messages).tokens);
  return encoded.map((tokens) => tokens.slice(0, longest)).filter((tokens) => tokens.length > 1);
}

async function compareGraphs(
  deps: RunnerDependencies,
  model: LoadedModel,
  start: Start,
  rows: readonly Int32Array[],
): Promise<ParityReport> {
  const trained = await trainingLogProbs(deps, model, start, rows);
  const served = await servedLogProbs(model.config, model.tensors, rows);
  let maxLogProbDifference = 0;
  served.forEach((logProbs, row) => {
    logProbs.forEach((logProb, i) => {
      const difference = Math.abs(logProb - (trained[row]?.[i + 1] ?? Number.NaN));
      // Written so that NaN counts as a disagreement.
      if (!(difference <= maxLogProbDifference)) maxLogProbDifference = difference;
    });
  });
  const tokens = served.reduce((sum, logProbs) => sum + logProbs.length, 0);
  return { rows: rows.length, tokens, maxLogProbDifference, bound: PARITY_BOUND };
}

async function trainingLogProbs(
  deps: RunnerDependencies,
  { config }: LoadedModel,
  start: Start,
  rows: readonly Int32Array[],
): Promise<Float32Array[]> {
  const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 }; // nothing is updated
  const trainer = await Trainer.open({ executor: deps.executor, config, optimizer }, start);
  try {
    return await trainer.logProbs(rows, 1);
  } finally {
    await trainer.dispose();
  }
}

async function servedLogProbs(
  config: LoadedModel['config'],
  tensors: TensorMap,
  rows: readonly Int32Array[],
): Promise<Float32Array[]> {
  const decoder = await DecoderPool.create(config, tensors);
  try {
    const scored = await decoder.score(rows.map((tokens) => ({ tokens, from: 1 })));
    return scored.map(({ logProbs }) => logProbs);
  } finally {
    await decoder.close();
  }
}
