/** Weights whose predictions are far from uniform: with fresh ones a greedy choice hangs on the last bit. */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';

export function peakedWeights(config: DecoderConfig): TensorMap {
  const random = CounterRandom.fromSeed('peaked');
  return new Map(
    decoderTensors(config).map(({ name, shape }): [string, Tensor] => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.float() - 0.5);
      return [name, { shape, data: shape.length === 1 ? data.map((x) => 1 + x) : data }];
    }),
  );
}
