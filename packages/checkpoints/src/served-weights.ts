/**
 * The weights of a decoder that is served while it is trained: inputs of its graphs, all of them views of one flat array,
 * so that an update is a copy of that array and no session is made anew. As initialisers ONNX Runtime would pack them for
 * its matrix products when a session is made, and every update would make the sessions anew: 15 ms each at 0.4 million
 * parameters and 260 ms at 11 million. What packing them at every product costs, `decoder-linear.ts` mostly avoids.
 */
import type { DecoderConfig } from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import {
  elements,
  type WeightSource,
  type WeightSpec,
  visitWeights,
  writeWeight,
} from './decoder-onnx/decoder-weights.js';
import type { TensorMap } from './tensor.js';

export interface ServedWeight {
  /** Name of the graphs' input. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Its first element in the flat array. */
  readonly start: number;
}

/** Declares every weight as an input. */
export function weightInputs(graph: OnnxGraph): WeightSource {
  return { weight: ({ name, shape }): Value => graph.input(name, 'float32', shape), update: () => null };
}

/** Where every weight lies in the flat array. */
export function servedWeights(config: DecoderConfig): ServedWeight[] {
  let start = 0;
  return weightSpecs(config).map((spec) => {
    const weight = { name: spec.name, shape: spec.shape, start };
    start += elements(spec);
    return weight;
  });
}

/** Elements of the flat array. */
export function servedWeightCount(config: DecoderConfig): number {
  return weightSpecs(config).reduce((sum, spec) => sum + elements(spec), 0);
}

/** Writes all weights into a flat array of `servedWeightCount` elements. The tensors must fit the config. */
export function writeServedWeights(config: DecoderConfig, tensors: TensorMap, flat: Float32Array): void {
  let start = 0;
  for (const spec of weightSpecs(config)) {
    writeWeight(spec, tensors, flat.subarray(start, start + elements(spec)));
    start += elements(spec);
  }
}

function weightSpecs(config: DecoderConfig): WeightSpec[] {
  const specs: WeightSpec[] = [];
  const weight = (spec: WeightSpec): Value => {
    specs.push(spec);
    return spec.name;
  };
  visitWeights(config, { weight, update: () => null });
  return specs;
}
