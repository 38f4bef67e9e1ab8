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

/** Name of a column of the prompts that rows share. */
export function promptName(layer: number, part: 'key' | 'value'): string {
  return `prompt.${layer}.${part}`;
}

/** Declares one key and one value input a layer. */
export function cacheInputs(
  graph: OnnxGraph,
  config: DecoderConfig,
  columns: string,
  nameOf: typeof pastName = pastName,
  batch = 'batch',
): LayerCache[] {
  const shape = cacheShape(config, columns, batch);
  return Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
    key: graph.input(nameOf(layer, 'key'), 'float32', shape),
    value: graph.input(nameOf(layer, 'value'), 'float32', shape),
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

/** A cache of zero columns, `[batch, keyValueHeads, 0, headDim]`, for as many rows as `rows` has. */
export function emptyCache(graph: OnnxGraph, config: DecoderConfig, rows: Value): LayerCache[] {
  const batch = graph.op('Shape', [rows], { start: 0, end: 1 });
  const tail = graph.int64([config.num_key_value_heads, 0, config.head_dim]);
  const empty = graph.op('ConstantOfShape', [graph.op('Concat', [batch, tail], { axis: 0 })]);
  return Array.from({ length: config.num_hidden_layers }, () => ({ key: empty, value: empty }));
}

/** Keys and values of all layers as one list, in the order a Loop carries them; `cachesFrom` reads it back. */
export function cacheValues(caches: readonly LayerCache[]): Value[] {
  return caches.flatMap(({ key, value }) => [key, value]);
}

export function cachesFrom(values: readonly Value[]): LayerCache[] {
  return Array.from({ length: values.length / 2 }, (_, layer) => ({
    key: values[2 * layer] as Value,
    value: values[2 * layer + 1] as Value,
  }));
}

/** The columns of both, one after the other. */
export function joinCaches(graph: OnnxGraph, first: readonly LayerCache[], then: readonly LayerCache[]): LayerCache[] {
  const join = (a: Value, b: Value): Value => graph.op('Concat', [a, b], { axis: 2 });
  return first.map(({ key, value }, layer) => {
    const { key: nextKey, value: nextValue } = then[layer] as LayerCache;
    return { key: join(key, nextKey), value: join(value, nextValue) };
  });
}
