/** Weights that depend on their names alone, the same numbers as `filled` of tests/parity/decoders.py makes. */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { decoderArchitecture, type DecoderConfig, decoderTensors } from '@preheat/contracts';

/** `count` numbers in [-0.5, 0.5): a linear congruential generator (Numerical Recipes), exact in float32. */
export function filled(name: string, count: number): Float32Array {
  let state = 0;
  for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24 - 0.5;
  });
}

/** Norms near the identity, everything else in [-0.5, 0.5). */
export function filledTensors(config: DecoderConfig): TensorMap {
  const identity = 1 - decoderArchitecture(config).norm.weightOffset;
  return new Map(
    decoderTensors(config).map(({ name, shape }): [string, Tensor] => {
      const isNorm = /norm|ln_/.test(name) && name.endsWith('weight');
      const count = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: filled(name, count).map((x) => x + (isNorm ? identity : 0)) }];
    }),
  );
}
