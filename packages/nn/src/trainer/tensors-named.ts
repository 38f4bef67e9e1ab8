/** What an executor holds, plain arrays by name, as tensors with shapes. */
import type { TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors, invariant, type TensorSpec } from '@preheat/contracts';
import type { Tensors } from '@preheat/executor';

/** Tensors by name with the shapes of the decoder. */
export function toTensorMap(config: DecoderConfig, data: Tensors): TensorMap {
  return tensorsNamed(decoderTensors(config), data);
}

/** Tensors of these names and shapes. */
export function tensorsNamed(specs: readonly TensorSpec[], data: Tensors): TensorMap {
  return new Map(
    specs.map(({ name, shape }) => {
      const values = data[name];
      invariant(values, `no data for the tensor ${name}`);
      return [name, { shape, data: values }];
    }),
  );
}
