/**
 * What the machine of a GPU holds in its own memory while a job trains: sessions that decode on its processor, the model that the phase
 * started from, the state of a checkpoint on its way to the store, and the rows. A formula like that of training (training-memory.ts),
 * and like it on GPUs not measured on one.
 */
import { type DecoderConfig, parameterCount } from '@preheat/contracts';
import { type AdapterShape, rolloutMemory, trainedParameters } from './training-memory.js';

export interface HostMemoryRequest {
  readonly config: DecoderConfig;
  readonly adapter: AdapterShape | null;
  /** Whether an average of the trained parameters is kept. */
  readonly averages: boolean;
  /** Whether completions are sampled at all, and the threads that decode them here; null: the GPU does. */
  readonly samples: boolean;
  readonly rolloutWorkers: number | null;
  /** Of the data files. */
  readonly dataBytes: number;
}

/** All in bytes. */
export interface HostMemory {
  /** The process, with the libraries of its GPU and no model. */
  readonly process: number;
  /** The model that the phase started from. */
  readonly model: number;
  /** Of threads that decode here. */
  readonly rollouts: number;
  /** What is copied from the GPU at once: the state of a checkpoint, or the weights that completions are sampled with. */
  readonly checkpoint: number;
  readonly rows: number;
  readonly total: number;
}

const BYTES_PER_FLOAT = 4;
/** TensorFlow and the libraries of CUDA in memory; measured on no GPU. */
const GPU_PROCESS_BYTES = 1.5e9;
/** Rows parsed over their text in the file, for rows of a few words; longer ones take less. */
const ROWS_OVER_TEXT = 2.5;
/** Weights and two moments; an average makes another. */
const CHECKPOINTED = 3;

/** What rows take once they are read. @param dataBytes Of the files that hold them. */
export const rowMemory = (dataBytes: number): number => Math.round(ROWS_OVER_TEXT * dataBytes);

export function hostMemory({
  config,
  adapter,
  averages,
  samples,
  rolloutWorkers,
  dataBytes,
}: HostMemoryRequest): HostMemory {
  const model = BYTES_PER_FLOAT * parameterCount(config);
  const trained = BYTES_PER_FLOAT * trainedParameters(config, adapter);
  const parts = {
    process: GPU_PROCESS_BYTES,
    model,
    rollouts: samples && rolloutWorkers !== null ? rolloutMemory(config, rolloutWorkers) : 0,
    checkpoint: Math.max(trained * (CHECKPOINTED + Number(averages)), samples ? model : 0),
    rows: rowMemory(dataBytes),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}
