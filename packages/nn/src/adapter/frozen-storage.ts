/**
 * The weights under an adapter in fewer bits: they are read twice a step and never changed. What is trained, scored and
 * merged is then the model of the rounded weights, the same everywhere.
 */
import { dequantizeRows, float16ToFloat32, float32ToFloat16, quantizeRows, type Tensor } from '@preheat/checkpoints';
import type { ParameterSpec, StoredTensor } from '@preheat/executor';

/** `float16` halves the matrices, `int8` quarters them with one scale a row; vectors stay float32. */
export type FrozenStorage = 'float32' | 'float16' | 'int8';

const isMatrix = ({ shape }: Pick<ParameterSpec, 'shape'>): boolean => shape.length === 2;

/** How a weight of this shape is held. */
export const storageOf = (weight: Pick<ParameterSpec, 'shape'>, storage: FrozenStorage): FrozenStorage =>
  isMatrix(weight) ? storage : 'float32';

/** @throws RangeError for a weight that float16 has no number for. */
export function storeTensor(name: string, tensor: Tensor, storage: 'float16' | 'int8'): StoredTensor {
  if (storage === 'int8') return { storage, ...quantizeRows(name, tensor) };
  const values = float32ToFloat16(tensor.data);
  if (values.some((half) => (half & INFINITE) === INFINITE)) {
    throw new RangeError(`${name} has weights beyond 65,504, which float16 cannot hold: use float32 or int8`);
  }
  return { storage, values };
}

export const restoreTensor = (stored: StoredTensor): Float32Array =>
  stored.storage === 'int8' ? dequantizeRows(stored) : float16ToFloat32(stored.values);

/** The exponent of infinities and of what is no number. */
const INFINITE = 0x7c00;
