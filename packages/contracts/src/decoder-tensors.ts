/**
 * The one list of a decoder's weights: names exactly as Hugging Face stores them, with shapes. Training, checkpoints and
 * inference all read it, so they cannot disagree about what a model consists of.
 */
import {
  decoderArchitecture,
  type LayerArchitecture,
  type LinearModule,
  type NormModule,
  type TableModule,
} from './decoder-architecture.js';
import type { DecoderConfig } from './model-config.js';

export interface TensorSpec {
  readonly name: string;
  /** Projections are `[out, in]`, as torch stores `nn.Linear.weight`; GPT-2's are `[in, out]`. */
  readonly shape: readonly number[];
}

/** Every stored tensor of a decoder, embedding first, layers in order, head last (absent when tied). */
export function decoderTensors(config: DecoderConfig): TensorSpec[] {
  const { embedding, positions, layers, finalNorm, head } = decoderArchitecture(config);
  return [
    tableTensor(embedding),
    ...(positions ? [tableTensor(positions)] : []),
    ...layers.flatMap(layerTensors),
    ...normTensors(finalNorm),
    ...(head ? linearTensors(head) : []),
  ];
}

function layerTensors(layer: LayerArchitecture): TensorSpec[] {
  return [
    ...normTensors(layer.inputNorm),
    ...layer.queryKeyValue.flatMap(linearTensors),
    ...normTensors(layer.queryNorm),
    ...normTensors(layer.keyNorm),
    ...linearTensors(layer.output),
    ...normTensors(layer.attentionOutputNorm),
    ...normTensors(layer.feedForwardNorm),
    ...(layer.gate ? linearTensors(layer.gate) : []),
    ...linearTensors(layer.up),
    ...linearTensors(layer.down),
    ...normTensors(layer.feedForwardOutputNorm),
  ];
}

const tableTensor = ({ name, rows, width }: TableModule): TensorSpec => ({
  name: `${name}.weight`,
  shape: [rows, width],
});

function linearTensors({ name, inputs, outputs, bias, inputsFirst }: LinearModule): TensorSpec[] {
  const weight = { name: `${name}.weight`, shape: inputsFirst ? [inputs, outputs] : [outputs, inputs] };
  return bias ? [weight, { name: `${name}.bias`, shape: [outputs] }] : [weight];
}

function normTensors(norm: NormModule | undefined): TensorSpec[] {
  if (!norm) return [];
  const weight = { name: `${norm.name}.weight`, shape: [norm.width] };
  return norm.bias ? [weight, { name: `${norm.name}.bias`, shape: [norm.width] }] : [weight];
}

/** Number of parameters a decoder of this shape stores. */
export function parameterCount(config: DecoderConfig): number {
  return decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
