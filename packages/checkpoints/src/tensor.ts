/**
 * Named float32 tensors, the currency between training, checkpoints and inference. A map is read-only to whoever
 * receives it: its buffers may be views into a file that was just read or into memory a trainer goes on to update.
 */
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';

export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major elements, as many as the shape says. */
  readonly data: Float32Array;
}

export type TensorMap = ReadonlyMap<string, Tensor>;

/** A set of tensors does not fit the decoder it is meant for. */
export class TensorMismatchError extends Error {
  override readonly name = 'TensorMismatchError';
}

/**
 * Requires every tensor of the decoder, with its exact shape, and no other.
 * @throws TensorMismatchError naming the first tensor that is missing, misshapen or unknown.
 */
export function assertDecoderTensors(config: DecoderConfig, tensors: TensorMap): void {
  const specs = decoderTensors(config);
  for (const { name, shape } of specs) {
    const tensor = tensors.get(name);
    if (!tensor) throw new TensorMismatchError(`tensor ${JSON.stringify(name)} [${shape}] is missing`);
    const fits = tensor.shape.length === shape.length && shape.every((size, axis) => tensor.shape[axis] === size);
    const length = shape.reduce((product, size) => product * size, 1);
    if (!fits || tensor.data.length !== length) {
      const got = `[${tensor.shape}] with ${tensor.data.length} elements`;
      throw new TensorMismatchError(`tensor ${JSON.stringify(name)} must be [${shape}], got ${got}`);
    }
  }
  if (tensors.size === specs.length) return;
  const known = new Set(specs.map(({ name }) => name));
  const extra = [...tensors.keys()].find((name) => !known.has(name));
  throw new TensorMismatchError(`tensor ${JSON.stringify(extra)} is not part of this decoder`);
}
