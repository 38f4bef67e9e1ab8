/**
 * A decoder's weights as an ONNX graph reads them, by their roles. Projections keep their stored layout and are read by
 * `Gemm` with or without `transB`; only query, key and value apart are stacked along their output axis, and Gemma's norm
 * weights are counted from zero. The values are named once and shared by every use, prefill and loop body alike.
 *
 * Weights are initialisers in a file for others, and inputs where they change: see `served-weights.ts`.
 */
import {
  type DecoderArchitecture,
  decoderArchitecture,
  type DecoderConfig,
  invariant,
  type LayerArchitecture,
  type LinearModule,
  type NormModule,
  type NormStyle,
  type Rotary,
  type TableModule,
} from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import { assertDecoderTensors, type Tensor, type TensorMap } from '../tensor.js';
import { type RotationTables, rotationTables } from './rotation-tables.js';

export interface LinearWeights {
  /** `[outputs, inputs]`, or `[inputs, outputs]` where `inputsFirst`. */
  readonly weight: Value;
  readonly bias: Value | null;
  readonly inputsFirst: boolean;
  /** What an adapter adds to the product. */
  readonly update: LowRank | null;
}

/** Two matrices whose product is added to a weight: `[rank, inputs]`, and `[outputs, rank]` with the scale in it. */
export interface LowRank {
  readonly a: Value;
  readonly b: Value;
}

export interface NormWeights {
  readonly weight: Value;
  readonly bias: Value | null;
}

export interface LayerWeights {
  readonly architecture: LayerArchitecture;
  readonly inputNorm: NormWeights;
  /** Outputs `(heads + 2 * keyValueHeads) * headDim`. */
  readonly queryKeyValue: LinearWeights;
  readonly queryNorm: NormWeights | null;
  readonly keyNorm: NormWeights | null;
  readonly output: LinearWeights;
  readonly attentionOutputNorm: NormWeights | null;
  readonly feedForwardNorm: NormWeights;
  readonly gate: LinearWeights | null;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
  readonly feedForwardOutputNorm: NormWeights | null;
  /** Null where positions are learned. */
  readonly rotation: RotationTables | null;
}

export interface DecoderWeights {
  readonly architecture: DecoderArchitecture;
  readonly embedding: Value;
  /** `[positions, width]`, learned. */
  readonly positions: Value | null;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: NormWeights;
  /** The embedding itself when tied. */
  readonly head: LinearWeights;
}

/** One value of a graph, from the stored tensors it is made of. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Names of stored tensors, joined along their first axis. */
  readonly parts: readonly string[];
  /** Added to every element. */
  readonly offset: number;
}

/** Declares weights in a graph, in whichever way the graph has them. */
export interface WeightSource {
  readonly weight: (spec: WeightSpec) => Value;
  /** Of a projection, whose outputs are those of the modules laid end to end. */
  readonly update: (modules: readonly LinearModule[]) => LowRank | null;
}

/** Weights inside the graph. @throws TensorMismatchError when the tensors do not fit the config. */
export function storedWeights(graph: OnnxGraph, config: DecoderConfig, tensors: TensorMap): WeightSource {
  assertDecoderTensors(config, tensors);
  const weight = (spec: WeightSpec): Value => {
    const [first] = spec.parts;
    // A weight that is stored as it is goes into the file without a copy in memory.
    const isAsStored = spec.parts.length === 1 && spec.offset === 0;
    const data = isAsStored ? (tensors.get(first as string) as Tensor).data : new Float32Array(elements(spec));
    if (!isAsStored) writeWeight(spec, tensors, data);
    return graph.initializer(spec.name, { elementType: 'float32', shape: spec.shape, data });
  };
  return { weight, update: () => null };
}

export function elements({ shape }: Pick<WeightSpec, 'shape'>): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Writes a weight into an array of its size. */
export function writeWeight({ parts, offset }: WeightSpec, tensors: TensorMap, target: Float32Array): void {
  let start = 0;
  for (const name of parts) {
    const tensor = tensors.get(name);
    invariant(tensor, `the decoder has no tensor ${name}`);
    target.set(tensor.data, start);
    start += tensor.data.length;
  }
  if (offset !== 0) for (let index = 0; index < target.length; index++) target[index] = (target[index] ?? 0) + offset;
}

export function addDecoderWeights(graph: OnnxGraph, config: DecoderConfig, source: WeightSource): DecoderWeights {
  return declareWeights(config, source, rotationTables(graph, config));
}

/** Asks for every weight, in the order in which graphs declare them. Angles are none: their tables are as long as the context. */
export function visitWeights(config: DecoderConfig, source: WeightSource): void {
  declareWeights(config, source, () => null);
}

function declareWeights(
  config: DecoderConfig,
  source: WeightSource,
  rotations: (rotary: Rotary) => RotationTables | null,
): DecoderWeights {
  const architecture = decoderArchitecture(config);
  const store = storage(source);
  const norm = (module: NormModule | undefined): NormWeights | null =>
    module ? store.norm(module, architecture.norm) : null;
  const required = (module: NormModule): NormWeights => store.norm(module, architecture.norm);
  const embedding = store.table(architecture.embedding);
  return {
    architecture,
    embedding,
    positions: architecture.positions ? store.table(architecture.positions) : null,
    layers: architecture.layers.map((layer) => ({
      architecture: layer,
      inputNorm: required(layer.inputNorm),
      queryKeyValue: store.stacked(layer.queryKeyValue),
      queryNorm: norm(layer.queryNorm),
      keyNorm: norm(layer.keyNorm),
      output: store.linear(layer.output),
      attentionOutputNorm: norm(layer.attentionOutputNorm),
      feedForwardNorm: required(layer.feedForwardNorm),
      gate: layer.gate ? store.linear(layer.gate) : null,
      up: store.linear(layer.up),
      down: store.linear(layer.down),
      feedForwardOutputNorm: norm(layer.feedForwardOutputNorm),
      rotation: layer.attention.rotary && rotations(layer.attention.rotary),
    })),
    finalNorm: required(architecture.finalNorm),
    head: architecture.head ? store.linear(architecture.head) : tied(embedding),
  };
}

function tied(embedding: Value): LinearWeights {
  return { weight: embedding, bias: null, inputsFirst: false, update: null };
}

interface Storage {
  table(module: TableModule): Value;
  linear(module: LinearModule): LinearWeights;
  /** One projection whose outputs are those of the modules laid end to end. */
  stacked(modules: readonly LinearModule[]): LinearWeights;
  norm(module: NormModule, style: NormStyle): NormWeights;
}

function storage(source: WeightSource): Storage {
  const whole = (name: string, shape: readonly number[]): Value =>
    source.weight({ name, shape, parts: [name], offset: 0 });
  const linear = (module: LinearModule): LinearWeights => {
    const { name, bias, inputsFirst, inputs, outputs } = module;
    return {
      weight: whole(`${name}.weight`, inputsFirst ? [inputs, outputs] : [outputs, inputs]),
      bias: bias ? whole(`${name}.bias`, [outputs]) : null,
      inputsFirst,
      update: source.update([module]),
    };
  };
  return {
    table: ({ name, rows, width }) => whole(`${name}.weight`, [rows, width]),
    linear,
    stacked: (modules) => {
      const [first] = modules;
      invariant(first, 'a stack of projections has at least one');
      if (modules.length === 1) return linear(first);
      invariant(!modules.some(({ inputsFirst }) => inputsFirst), 'only projections stored [out, in] are stacked');
      const outputs = modules.reduce((sum, module) => sum + module.outputs, 0);
      const stack = (part: string, shape: number[]): Value => {
        const parts = modules.map(({ name }) => `${name}.${part}`);
        return source.weight({ name: `${first.name}+.${part}`, shape, parts, offset: 0 });
      };
      const weight = stack('weight', [outputs, first.inputs]);
      const bias = first.bias ? stack('bias', [outputs]) : null;
      return { weight, bias, inputsFirst: false, update: source.update(modules) };
    },
    norm: ({ name, bias, width }, { weightOffset: offset }) => {
      const parts = [`${name}.weight`];
      const counted = { name: `${name}.weight+${offset}`, shape: [width], parts, offset };
      const weight = offset === 0 ? whole(`${name}.weight`, [width]) : source.weight(counted);
      return { weight, bias: bias ? whole(`${name}.bias`, [width]) : null };
    },
  };
}
