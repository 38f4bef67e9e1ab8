/** A small LoRA adapter with weights that matter, for models of the tests. */
import { adapterFiles, type LoraAdapter, type Tensor } from '@preheat/checkpoints';

const MODULES = { 'model.layers.0.self_attn.q_proj': [8, 8], 'model.layers.0.mlp.down_proj': [8, 16] } as const;
const RANK = 2;

export function tinyAdapter(): LoraAdapter {
  const tensors = Object.entries(MODULES).flatMap(([module, [outputs, inputs]]): [string, Tensor][] => [
    [`${module}.lora_A.weight`, wave([RANK, inputs], 0.7)],
    [`${module}.lora_B.weight`, wave([outputs, RANK], 1.3)],
  ]);
  return {
    config: {
      rank: RANK,
      alpha: 4,
      usesRankStabilizedScale: false,
      dropout: 0,
      targetModules: ['q_proj', 'down_proj'],
      rankPattern: {},
      alphaPattern: {},
      modulesToSave: [],
      baseModel: 'preheat-1m',
    },
    tensors: new Map(tensors),
  };
}

export const tinyAdapterFiles = (): Map<string, Uint8Array> => adapterFiles(tinyAdapter());

function wave(shape: [number, number], frequency: number): Tensor {
  return {
    shape,
    data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => 4 * Math.sin(frequency * (i + 1))),
  };
}
