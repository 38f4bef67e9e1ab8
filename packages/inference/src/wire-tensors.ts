/** Tensors as graph runners take and give them. */
import type { WireTensor, WireTensors } from './graph-runner.js';

export function int64(data: BigInt64Array, dims: readonly number[]): WireTensor {
  return { type: 'int64', data, dims };
}

export function float32(data: Float32Array, dims: readonly number[]): WireTensor {
  return { type: 'float32', data, dims };
}

export function scalar(value: number): WireTensor {
  return float32(Float32Array.of(value), []);
}

/** One int64 a row, `[rows, ...tail]`. */
export function int64s(values: readonly number[], ...tail: number[]): WireTensor {
  return int64(BigInt64Array.from(values, BigInt), [values.length, ...tail]);
}

/** One float32 a row, `[rows, 1]`. */
export function float32Column(values: readonly number[]): WireTensor {
  return float32(Float32Array.from(values), [values.length, 1]);
}

export function float32sOf(outputs: WireTensors, name: string): Float32Array {
  return (outputs[name] as WireTensor).data as Float32Array;
}

export function int64sOf(outputs: WireTensors, name: string): BigInt64Array {
  return (outputs[name] as WireTensor).data as BigInt64Array;
}
