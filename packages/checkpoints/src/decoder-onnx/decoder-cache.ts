/** The key/value cache at the border of a graph: names, declaration of inputs and outputs, and the empty cache. */
import type { DecoderConfig } from '@preheat/contracts';
import type { Dimension, OnnxGraph, Value } from '@preheat/graph/onnx';
import type { LayerCache } from './decoder-attention.js';

/** Input name of a cached tensor; `part` is `key` or `value`. Shape `[batch, keyValueHeads, columns, headDim]`. */
export function pastName(layer: number, part: 'key' | 'value'): string {
  return `past.${layer}.${part}`;
}

/** Output name of the same tensor after the call. */
export function presentName(layer: number, part: 'key' | 'value'): string {
  return `present.${layer}.${part}`;
}

export function cacheShape(config: DecoderConfig, columns: string, batch = 'batch'): Dimension[] {
  return [batch, config.num_key_value_heads, columns, config.head_dim];
}

/** Declares one key and one value input a layer. */
export function cacheInputs(graph: OnnxGraph, config: DecoderConfig, columns: string): LayerCache[] {
  const shape = cacheShape(config, columns);
  return Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
    key: graph.input(pastName(layer, 'key'), 'float32', shape),
    value: graph.input(pastName(layer, 'value'), 'float32', shape),
  }));
}

/** Declares one key and one value output a layer. */
export function cacheOutputs(
  graph: OnnxGraph,
  config: DecoderConfig,
  caches: readonly LayerCache[],
  columns: string,
): void {
  const shape = cacheShape(config, columns);
  caches.forEach(({ key, value }, layer) => {
    graph.output(presentName(layer, 'key'), key, 'float32', shape);
    graph.output(presentName(layer, 'value'), value, 'float32', shape);
  });
}

/** A cache of zero columns for a graph that always starts from the first token. */
export function emptyCache(graph: OnnxGraph, config: DecoderConfig, tokenIds_BS: Value): LayerCache[] {
  const batch = graph.op('Shape', [tokenIds_BS], { start: 0, end: 1 });
  const tail = graph.int64([config.num_key_value_heads, 0, config.head_dim]);
  const empty = graph.op('ConstantOfShape', [graph.op('Concat', [batch, tail], { axis: 0 })]);
  return Array.from({ length: config.num_hidden_layers }, () => ({ key: empty, value: empty }));
}
