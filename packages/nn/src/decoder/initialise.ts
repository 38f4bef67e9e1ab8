/**
 * Fresh weights. Each tensor is drawn from a stream of its own that depends only on the seed and its name, so adding a
 * layer or reordering tensors changes no other tensor, and every machine draws the same numbers.
 */
import type { Tensor, TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors, type TensorSpec } from '@preheat/contracts';
import { CounterRandom, type Random } from '@preheat/ports';

const STD = 0.02;

/**
 * Normal with standard deviation 0.02; the projections that write into the residual stream are scaled by 1/√(2L), so
 * that its variance does not grow with depth (Radford et al. 2019, GPT-2, section 2.3); norms start at one.
 */
export function initialWeights(config: DecoderConfig, seed: number | string): TensorMap {
  const random = CounterRandom.fromSeed(seed).fork('initial weights');
  const residualStd = STD / Math.sqrt(2 * config.num_hidden_layers);
  return new Map(
    decoderTensors(config).map((spec): [string, Tensor] => {
      const std = isResidual(spec.name) ? residualStd : STD;
      return [spec.name, { shape: spec.shape, data: isNorm(spec) ? ones(spec) : normals(spec, std, random) }];
    }),
  );
}

const isNorm = ({ shape }: TensorSpec): boolean => shape.length === 1;
const isResidual = (name: string): boolean => /\.(o_proj|down_proj)\.weight$/.test(name);
const sizeOf = ({ shape }: TensorSpec): number => shape.reduce((product, length) => product * length, 1);
const ones = (spec: TensorSpec): Float32Array => new Float32Array(sizeOf(spec)).fill(1);

/** Box and Muller's transform, both of its numbers used. */
function normals(spec: TensorSpec, std: number, parent: Random): Float32Array {
  const random = parent.fork(spec.name);
  const data = new Float32Array(sizeOf(spec));
  for (let i = 0; i < data.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - random.float()));
    const angle = 2 * Math.PI * random.float();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
  return data;
}
