/**
 * Fresh weights of a decoder: the same seed gives the same bits on every machine and for every tensor by its name alone,
 * so that adding a layer changes no other tensor. Used for registered base models, which nobody trained yet.
 */
import { decoderArchitecture, type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { CounterRandom, fastUniforms } from '@preheat/ports';
import type { Tensor } from './tensor.js';

/** Standard deviation of the weight matrices, as in GPT-2 (Radford et al. 2019, section 2.3). */
const INITIAL_STD = 0.02;

/**
 * Norms start as the identity, biases at zero; matrices are normal with std 0.02, those that write to the residual
 * stream divided by √(2 · layers) so that its variance does not grow with depth.
 */
export function freshDecoder(config: DecoderConfig, seed: number): Map<string, Tensor> {
  const root = CounterRandom.fromSeed(seed);
  const { norm, layers } = decoderArchitecture(config);
  const residualWriters = new Set(
    layers.flatMap(({ output, down }) => [`${output.name}.weight`, `${down.name}.weight`]),
  );
  const residualScale = 1 / Math.sqrt(2 * layers.length);
  return new Map(
    decoderTensors(config).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (shape.length === 1)
        return [name, { shape, data: data.fill(name.endsWith('.bias') ? 0 : 1 - norm.weightOffset) }];
      fillNormal(data, root.fork(name), INITIAL_STD * (residualWriters.has(name) ? residualScale : 1));
      return [name, { shape, data }];
    }),
  );
}

/** Box–Muller, two values a pair of draws. */
function fillNormal(data: Float32Array, stream: CounterRandom, std: number): void {
  const uniform = fastUniforms(stream);
  for (let i = 0; i < data.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}
