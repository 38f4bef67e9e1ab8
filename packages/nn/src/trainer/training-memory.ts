/**
 * The memory that training takes, before anything is opened: the formula behind "does it fit". It counts what grows with
 * the model and the batch, in the layout of the CPU executor; the runtime itself (about 150 MB) comes on top.
 */
import { type FrozenStorage, storageOf } from '../adapter/frozen-storage.js';
import { loraTensors } from '../adapter/lora-modules.js';
import { decoderTensors } from '@preheat/contracts';
import { peakBytes, sizeOf } from '@preheat/graph';
import type { LossSpec } from '../loss/loss-spec.js';
import { CROSS_ENTROPY } from '../loss/loss-spec.js';
import { buildTrainingProgram, type ProgramShape, type TrainedModel } from './training-program.js';

export interface TrainingMemoryRequest {
  readonly model: TrainedModel;
  /** The largest micro-batch: rows and predicted positions of each, as `planMicroBatches` gives them. */
  readonly microBatch: ProgramShape;
  /** Micro-batches computed side by side. */
  readonly lanes: number;
  /** Of the weights under an adapter. Default float32. */
  readonly frozenStorage?: FrozenStorage;
  /** Whether an average of the trained parameters is kept. Default false. */
  readonly averages?: boolean;
  readonly spec?: LossSpec;
}

/** All in bytes. */
export interface TrainingMemory {
  /** The weights, and the copy of them that every lane computes with. */
  readonly weights: number;
  /** Both moments of what is trained, and its average where one is kept. */
  readonly optimizer: number;
  /** The sum of gradients, those waiting to be added, and the ones that lanes are computing. */
  readonly gradients: number;
  /** What a lane holds between the forward and the backward pass, for all lanes. */
  readonly activations: number;
  readonly total: number;
}

const BYTES_PER_FLOAT = 4;
const MOMENTS = 2;
/** Of the executor's slots, beside one for each lane: the sum, and one that waits for an earlier run. */
const extraSlots = (lanes: number): number => (lanes > 1 ? 2 : 1);

/** Pure. Builds the program of the micro-batch to see what is alive at its peak, which takes about as long as a step. */
export function trainingMemory(request: TrainingMemoryRequest): TrainingMemory {
  const { model, microBatch, lanes, averages = false, frozenStorage = 'float32', spec = CROSS_ENTROPY } = request;
  const storage = model.lora ? frozenStorage : 'float32';
  const weightSpecs = decoderTensors(model.config);
  const base = weightSpecs.reduce((sum, weight) => sum + heldBytes(weight.shape, storageOf(weight, storage)), 0);
  const adapter = model.lora ? floats(loraTensors(model.config, model.lora).map(({ shape }) => sizeOf(shape))) : 0;
  const trained = model.lora ? adapter : base;
  const weights = (base + adapter) * (1 + lanes);
  const optimizer = trained * (MOMENTS + Number(averages));
  // A lane's gradient is counted in its peak; handing it over takes a copy in the lane and a slot.
  const gradients = trained * (2 * lanes + extraSlots(lanes));
  // A lane widens one matrix at a time.
  const widened = storage === 'float32' ? 0 : floats([Math.max(...weightSpecs.map(({ shape }) => sizeOf(shape)))]);
  const activations = lanes * (peakBytes(buildTrainingProgram(model, microBatch, spec)) + widened);
  return { weights, optimizer, gradients, activations, total: weights + optimizer + gradients + activations };
}

const ELEMENT_BYTES = { float32: BYTES_PER_FLOAT, float16: 2, int8: 1 } as const;

function heldBytes(shape: readonly number[], storage: FrozenStorage): number {
  const scales = storage === 'int8' ? floats([shape[0] ?? 0]) : 0;
  return sizeOf(shape) * ELEMENT_BYTES[storage] + scales;
}

const floats = (sizes: readonly number[]): number => BYTES_PER_FLOAT * sizes.reduce((sum, size) => sum + size, 0);
