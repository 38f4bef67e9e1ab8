/**
 * Fresh weights of a decoder: the same seed gives the same bits on every machine and for every tensor by its name alone,
 * so that adding a layer changes no other tensor. Used for registered base models, which nobody trained yet.
 */
import { decoderArchitecture, type DecoderConfig, decoderTensors } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';
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
      fillNormal(data, root.fork(name).state().key, INITIAL_STD * (residualWriters.has(name) ? residualScale : 1));
      return [name, { shape, data }];
    }),
  );
}

/** Box–Muller, two values a pair of draws. */
function fillNormal(data: Float32Array, key: readonly [number, number], std: number): void {
  const uniform = smallFastCounter(key);
  for (let i = 0; i < data.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}

/** sfc32 (Doty-Humphrey, PractRand): millions of draws in a row, where a counter-based block each would take seconds. */
function smallFastCounter([first, second]: readonly [number, number]): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next(); // mixes the key into the whole state
  return next;
}
