/** An adapter in a training graph: its matrices as parameters, beside a base that stays as it is. */
import { LORA_A, LORA_B, type LoraConfig, loraRank, loraScale } from '@preheat/checkpoints';
import type { DecoderConfig, LinearModule } from '@preheat/contracts';
import { type GraphBuilder, ops } from '@preheat/graph';
import type { DecoderParameters, LowRankUpdate } from '../decoder/decoder-parameters.js';
import { loraModulesOf } from './lora-modules.js';

/** Name of the fed dropout mask of a module, f32 [N, inputs]. */
export const maskFeed = (module: string): string => `dropout ${module}`;

export interface DeclareAdapterOptions {
  /** Rows N that every projection sees, when dropout is on. */
  readonly maskedRows: number | null;
}

/** The parameters of the decoder with the updates of the adapter. */
export function declareAdapter(
  graph: GraphBuilder,
  base: DecoderParameters,
  config: DecoderConfig,
  lora: LoraConfig,
  { maskedRows }: DeclareAdapterOptions,
): DecoderParameters {
  const updateOf = ({ name, inputs, outputs }: LinearModule): LowRankUpdate => {
    const rank = loraRank(lora, name);
    return {
      a: graph.parameter(name + LORA_A, [rank, inputs]),
      b: graph.parameter(name + LORA_B, [outputs, rank]),
      scale: loraScale(lora, name, rank),
      ...(maskedRows === null
        ? {}
        : { inputMask: ops.stopGradient(graph.input(maskFeed(name), 'f32', [maskedRows, inputs])) }),
    };
  };
  const frozen = new Map([...base.tensors].map(([name, weight]) => [name, ops.stopGradient(weight)]));
  return {
    tensors: frozen,
    updates: new Map(loraModulesOf(config, lora).map((module) => [module.name, updateOf(module)])),
  };
}
