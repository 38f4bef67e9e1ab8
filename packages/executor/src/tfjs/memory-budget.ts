// What may be held on the device, counted by TensorFlow.js's own accounting, and failed allocations as typed errors. The
// native addon offers no limit of its own, and decoding on ONNX Runtime shares the GPU with training.

import type { DType, Shape } from '@preheat/graph';
import { sizeOf } from '@preheat/graph';
import { OutOfMemoryError, recogniseOutOfMemory } from '../out-of-memory.js';
import type { TensorFlow } from './tensorflow.js';

const bytesPerElement: Record<DType, number> = { f32: 4, i32: 4, bool: 1 };

export class MemoryBudget {
  readonly #tf: TensorFlow;
  readonly #maxBytes: number;
  readonly #device: string;

  /** `maxBytes` is `Infinity` for no limit but the device's. @throws Error when it is not positive. */
  constructor(tf: TensorFlow, maxBytes: number) {
    if (!(maxBytes > 0)) throw new Error(`tfjs executor: maxBytes must be above 0, got ${maxBytes}`);
    this.#tf = tf;
    this.#maxBytes = maxBytes;
    this.#device = usesGpu(tf) ? 'GPU:0' : 'CPU';
  }

  /** Call before `count` tensors are made. @throws OutOfMemoryError when they would exceed the limit. */
  reserve(shape: Shape, dtype: DType, count: number): void {
    if (this.#maxBytes === Infinity) return;
    const bytesAsked = count * sizeOf(shape) * bytesPerElement[dtype];
    const bytesFree = Math.max(0, this.#maxBytes - this.#tf.memory().numBytes);
    if (bytesAsked <= bytesFree) return;
    throw new OutOfMemoryError({ device: this.#device, shape, bytesAsked, bytesFree, bytesLimit: this.#maxBytes });
  }

  /** `error` as an OutOfMemoryError if it says that the device ran out of memory. */
  recognise(error: unknown): unknown {
    return recogniseOutOfMemory(error, { device: this.#device });
  }
}

/** Whether the active backend is the native one and found a GPU. */
export function usesGpu(tf: TensorFlow): boolean {
  return (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
