/** Normalisations as ONNX nodes, fused with the residual addition before them where there is one. */
import type { NormStyle } from '@preheat/contracts';
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { NormWeights } from './decoder-weights.js';

const MICROSOFT = { domain: MICROSOFT_DOMAIN };

/** RMSNorm (Zhang and Sennrich 2019) or LayerNorm (Ba et al. 2016) of the last axis; x itself without weights. */
export function normalise(graph: OnnxGraph, x: Value, weights: NormWeights | null, style: NormStyle): Value {
  if (weights === null) return x;
  const attributes = { axis: -1, epsilon: { float: style.epsilon }, stash_type: 1 };
  const inputs = weights.bias === null ? [x, weights.weight] : [x, weights.weight, weights.bias];
  return graph.op(style.kind === 'rms' ? 'SimplifiedLayerNormalization' : 'LayerNormalization', inputs, attributes);
}

/** The sum of the stream and what is added to it, and its norm, in one node. Without an addition, the norm alone. */
export function addAndNormalise(
  graph: OnnxGraph,
  stream: Value,
  addition: Value | undefined,
  weights: NormWeights,
  style: NormStyle,
): { sum: Value; normed: Value } {
  if (addition === undefined) return { sum: stream, normed: normalise(graph, stream, weights, style) };
  const operator = style.kind === 'rms' ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization';
  const inputs = [stream, addition, weights.weight, ...(weights.bias === null ? [] : [weights.bias])];
  const outputs = graph.ops(operator, inputs, 4, { epsilon: { float: style.epsilon } }, MICROSOFT);
  return { sum: outputs[3] as Value, normed: outputs[0] as Value };
}
