/**
 * A value head on the trunk of a decoder: one number for the state before every token, from the same normed states as the
 * logits. It is trained beside the weights or the adapter, and belongs to the training state, never to the model.
 */
import type { TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig, TensorSpec } from '@preheat/contracts';
import { type GraphBuilder, ops, type Value } from '@preheat/graph';

const WEIGHT = 'value_head.weight';
const BIAS = 'value_head.bias';

export const valueHeadTensors = ({ hidden_size: width }: DecoderConfig): TensorSpec[] => [
  { name: WEIGHT, shape: [1, width] },
  { name: BIAS, shape: [1] },
];

/** A head that says 0 everywhere: what it knows it learns, and the trunk is not disturbed before that. */
export const freshValueHead = (config: DecoderConfig): TensorMap =>
  new Map(
    valueHeadTensors(config).map(({ name, shape }) => [
      name,
      { shape, data: new Float32Array(shape.reduce((size, length) => size * length, 1)) },
    ]),
  );

/** Graph parameters of a head, by the names they are stored under. */
export const declareValueHead = (graph: GraphBuilder, config: DecoderConfig): ReadonlyMap<string, Value> =>
  new Map(valueHeadTensors(config).map(({ name, shape }) => [name, graph.parameter(name, shape)]));

/** states [N, D] → values [N]. */
export function stateValues(head: ReadonlyMap<string, Value>, states_ND: Value): Value {
  const [weight, bias] = [head.get(WEIGHT), head.get(BIAS)];
  if (!weight || !bias) throw new Error('the value head is not declared');
  const [count = 1] = states_ND.shape;
  return ops.reshape(ops.add(ops.matmul(states_ND, weight, { transposeB: true }), bias), [count]);
}
