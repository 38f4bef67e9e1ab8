// Tensors of ONNX Runtime over memory that we own: nothing is copied when they are made.

import './no-telemetry.js';
import type { TensorType } from '@preheat/graph';
import { sizeOf } from '@preheat/graph';
import { Tensor } from 'onnxruntime-node';

/** A tensor whose elements are `data` itself. */
export function wrap(data: Float32Array | Int32Array, { dtype, shape }: Pick<TensorType, 'dtype' | 'shape'>): Tensor {
  return dtype === 'i32'
    ? new Tensor('int32', data as Int32Array, [...shape])
    : new Tensor('float32', data as Float32Array, [...shape]);
}

/** A fresh f32 array to receive an output, and the tensor over it. */
export function allocate({ shape }: Pick<TensorType, 'shape'>): {
  readonly data: Float32Array;
  readonly tensor: Tensor;
} {
  const data = new Float32Array(sizeOf(shape));
  return { data, tensor: wrap(data, { dtype: 'f32', shape }) };
}
