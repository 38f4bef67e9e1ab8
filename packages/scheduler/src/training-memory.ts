/**
 * The memory that training takes, before anything is opened: the formula behind "does it fit". It counts what grows with
 * the model and the batch, in the layout of the executors; the process before anything is opened (about 150 MB) comes on
 * top, and so do sessions kept for other shapes, which the executor bounds. Pure, and of a config alone: the API refuses by
 * the same numbers that are measured in training.
 */
import {
  type DecoderConfig,
  decoderTensors,
  layerProjections,
  parameterCount,
  type TensorSpec,
} from '@preheat/contracts';
import { activationFloats, type MicroBatchShape } from './activation-floats.js';

/** A low-rank adapter that is trained instead of the weights. */
export interface AdapterShape {
  readonly rank: number;
  /** Ends of the names of the projections that it changes; or `all-linear`. */
  readonly targetModules: readonly string[];
  /** How the weights under it are held; on a GPU as float32 whatever is said here, since its executor holds nothing else. */
  readonly storage: 'float32' | 'float16' | 'int8';
}

export interface TrainingMemoryRequest {
  readonly config: DecoderConfig;
  readonly adapter: AdapterShape | null;
  /** The largest micro-batch. */
  readonly microBatch: MicroBatchShape;
  /** Micro-batches computed side by side; on a GPU one. */
  readonly lanes: number;
  /** A GPU computes with the one copy of the weights that it has. Not measured on one yet (docs/gpu.md). */
  readonly device?: 'cpu' | 'gpu';
  /** Whether an average of the trained parameters is kept. Default false. */
  readonly averages?: boolean;
  /** Whether layers are computed again in the backward pass instead of kept. Default false. */
  readonly recomputes?: boolean;
  /** Whether a frozen reference is asked beside what is trained; it is held like the weights. Default false. */
  readonly hasReference?: boolean;
}

/** All in bytes. */
export interface TrainingMemory {
  /** The weights, and the copy of them that every lane computes with; of a frozen reference as well. */
  readonly weights: number;
  /** Both moments of what is trained, and its average where one is kept. */
  readonly optimizer: number;
  /** The sum of gradients, those waiting to be added, and the ones that lanes are computing. */
  readonly gradients: number;
  /** What a lane holds between the forward and the backward pass, for all lanes. */
  readonly activations: number;
  /** Of the threads and their sessions, whatever the model; and what arenas keep free between layers computed again. */
  readonly runtime: number;
  readonly total: number;
}

const BYTES_PER_FLOAT = 4;
const MOMENTS = 2;
/** A thread with its heap, and a session without what it computes. */
const RUNTIME_BYTES_PER_LANE = 25e6;
/**
 * Of the activations: what ONNX Runtime's arena holds in pieces that fit nothing where layers are computed again, in another
 * order than they were freed in. Measured at 8 to 32 rows of 256 and one of 2,048.
 */
const FREE_SHARE_OF_RECOMPUTED = 1;
/** Of the executor's slots, beside one for each lane: the sum, and one that waits for an earlier run. */
const extraSlots = (lanes: number): number => (lanes > 1 ? 2 : 1);

export function trainingMemory(request: TrainingMemoryRequest): TrainingMemory {
  const { config, microBatch, lanes, device = 'cpu', averages = false, recomputes = false } = request;
  const models = request.hasReference ? 2 : 1;
  const adapter = request.adapter && heldOn(device, request.adapter);
  const base = decoderTensors(config).reduce((sum, tensor) => sum + heldBytes(tensor, adapter), 0);
  const modules = adapter ? adapterModules(config, adapter) : [];
  const trained = trainedParameters(config, adapter);
  const own = adapter ? trained : 0;
  const copies = device === 'gpu' ? 0 : lanes;
  const weights = (base + BYTES_PER_FLOAT * own) * (1 + copies) * models;
  const optimizer = BYTES_PER_FLOAT * trained * (MOMENTS + Number(averages));
  // A lane's gradient is counted in its peak; handing it over takes a copy in the lane and a slot.
  const slots = device === 'gpu' ? 1 : 2 * lanes + extraSlots(lanes);
  const adapterFloatsPerToken = ((adapter?.rank ?? 0) * modules.length) / config.num_hidden_layers;
  const kept = activationFloats({ config, adapterFloatsPerToken, microBatch, trained, recomputes });
  const activations = lanes * BYTES_PER_FLOAT * (kept + widenedFloats(config, adapter));
  const free = recomputes && device === 'cpu' ? FREE_SHARE_OF_RECOMPUTED * activations : 0;
  const parts = {
    weights,
    optimizer,
    gradients: BYTES_PER_FLOAT * trained * slots,
    activations,
    runtime: lanes * RUNTIME_BYTES_PER_LANE + free,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** Parameters of the adapter, or of the whole model where there is none. */
export function trainedParameters(config: DecoderConfig, adapter: AdapterShape | null): number {
  if (!adapter) return parameterCount(config);
  const sizes = adapterModules(config, adapter).map(({ inputs, outputs }) => adapter.rank * (inputs + outputs));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What sampling holds beside training: the decoder's weights, and a copy in every worker. */
export function rolloutMemory(config: DecoderConfig, workers: number): number {
  return BYTES_PER_FLOAT * parameterCount(config) * (1 + workers);
}

const heldOn = (device: 'cpu' | 'gpu', adapter: AdapterShape): AdapterShape =>
  device === 'gpu' ? { ...adapter, storage: 'float32' } : adapter;

const ALL_LINEAR = 'all-linear';

function adapterModules(config: DecoderConfig, { targetModules }: AdapterShape) {
  return layerProjections(config).filter(({ name }) =>
    targetModules.some((target) => target === ALL_LINEAR || name === target || name.endsWith(`.${target}`)),
  );
}

const ELEMENT_BYTES = { float32: BYTES_PER_FLOAT, float16: 2, int8: 1 } as const;
const sizeOf = ({ shape }: TensorSpec): number => shape.reduce((product, size) => product * size, 1);

/** Matrices under an adapter may be held in fewer bits, int8 with one scale a row. */
function heldBytes(tensor: TensorSpec, adapter: AdapterShape | null): number {
  const storage = adapter && tensor.shape.length === 2 ? adapter.storage : 'float32';
  const scales = storage === 'int8' ? BYTES_PER_FLOAT * (tensor.shape[0] ?? 0) : 0;
  return sizeOf(tensor) * ELEMENT_BYTES[storage] + scales;
}

/** A lane widens one matrix at a time. */
const widenedFloats = (config: DecoderConfig, adapter: AdapterShape | null): number =>
  adapter && adapter.storage !== 'float32' ? Math.max(...decoderTensors(config).map(sizeOf)) : 0;
