/**
 * Puts a decoder's weights into an ONNX graph as initialisers, by their roles. Projections keep their stored layout and
 * are read by `Gemm` with or without `transB`, so a weight goes into the file as it is; only query, key and value apart
 * are stacked along their output axis, which is a plain copy, and Gemma's norm weights are counted from zero. The values
 * are named once and shared by every use, prefill and loop body alike.
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
} from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import { assertDecoderTensors, type Tensor, type TensorMap } from '../tensor.js';
import { type RotationTables, rotationTables } from './rotation-tables.js';

export interface LinearWeights {
  /** `[outputs, inputs]`, or `[inputs, outputs]` where `inputsFirst`. */
  readonly weight: Value;
  readonly bias: Value | null;
  readonly inputsFirst: boolean;
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

/** @throws TensorMismatchError when the tensors do not fit the config. */
export function addDecoderWeights(graph: OnnxGraph, config: DecoderConfig, tensors: TensorMap): DecoderWeights {
  assertDecoderTensors(config, tensors);
  const architecture = decoderArchitecture(config);
  const rotations = rotationTables(graph, config);
  const store = storage(graph, tensors);
  const norm = (module: NormModule | undefined): NormWeights | null =>
    module ? store.norm(module, architecture.norm) : null;
  const required = (module: NormModule): NormWeights => store.norm(module, architecture.norm);
  const embedding = store.tensor(`${architecture.embedding.name}.weight`);
  return {
    architecture,
    embedding,
    positions: architecture.positions ? store.tensor(`${architecture.positions.name}.weight`) : null,
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
    head: architecture.head ? store.linear(architecture.head) : { weight: embedding, bias: null, inputsFirst: false },
  };
}

interface Storage {
  tensor(name: string): Value;
  linear(module: LinearModule): LinearWeights;
  /** One projection whose outputs are those of the modules laid end to end. */
  stacked(modules: readonly LinearModule[]): LinearWeights;
  norm(module: NormModule, style: NormStyle): NormWeights;
}

function storage(graph: OnnxGraph, tensors: TensorMap): Storage {
  const given = (name: string): Tensor => {
    const tensor = tensors.get(name);
    invariant(tensor, `the decoder has no tensor ${name}`);
    return tensor;
  };
  const put = (name: string, { shape, data }: Tensor): Value =>
    graph.initializer(name, { elementType: 'float32', shape, data });
  const tensor = (name: string): Value => put(name, given(name));
  const linear = ({ name, bias, inputsFirst }: LinearModule): LinearWeights => ({
    weight: tensor(`${name}.weight`),
    bias: bias ? tensor(`${name}.bias`) : null,
    inputsFirst,
  });
  return {
    tensor,
    linear,
    stacked: (modules) => {
      const [first] = modules;
      invariant(first, 'a stack of projections has at least one');
      if (modules.length === 1) return linear(first);
      invariant(!modules.some(({ inputsFirst }) => inputsFirst), 'only projections stored [out, in] are stacked');
      const stack = (part: string): Value =>
        put(`${first.name}+.${part}`, stackRows(modules.map(({ name }) => given(`${name}.${part}`))));
      return { weight: stack('weight'), bias: first.bias ? stack('bias') : null, inputsFirst: false };
    },
    norm: ({ name, bias }, { weightOffset }) => {
      const { shape, data } = given(`${name}.weight`);
      const counted = { shape, data: data.map((x) => x + weightOffset) };
      const weight = weightOffset === 0 ? tensor(`${name}.weight`) : put(`${name}.weight+${weightOffset}`, counted);
      return { weight, bias: bias ? tensor(`${name}.bias`) : null };
    },
  };
}

/** Joins along the first axis. */
function stackRows(parts: readonly Tensor[]): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { shape: [rows, ...(parts[0]?.shape.slice(1) ?? [])], data };
}
