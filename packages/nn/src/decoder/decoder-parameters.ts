/** The weights of a decoder in a training graph, under the names they are stored by. */
import { type DecoderConfig, decoderTensors, invariant } from '@preheat/contracts';
import type { GraphBuilder, Value } from '@preheat/graph';

/** The weights of a decoder as graph parameters, by name. */
export type DecoderParameters = ReadonlyMap<string, Value>;

/** Declares every weight of the decoder as a trainable parameter of `graph`. */
export function declareDecoder(graph: GraphBuilder, config: DecoderConfig): DecoderParameters {
  return new Map(decoderTensors(config).map(({ name, shape }) => [name, graph.parameter(name, shape)]));
}

export function parameterNamed(parameters: DecoderParameters, name: string): Value {
  const value = parameters.get(name);
  invariant(value, `the decoder has no tensor ${name}`);
  return value;
}
