/** The weights of a decoder in a training graph, under the names they are stored by, and what an adapter adds to them. */
import { type DecoderConfig, decoderTensors, invariant } from '@preheat/contracts';
import type { GraphBuilder, Value } from '@preheat/graph';

/** What an adapter adds to a projection: `scale · B·A·x` (Hu et al. 2021, section 4.1). */
export interface LowRankUpdate {
  /** [r, inputs] */
  readonly a: Value;
  /** [outputs, r] */
  readonly b: Value;
  readonly scale: number;
  /** Multiplies what A reads, [N, inputs]: dropout, already divided by the share that is kept. */
  readonly inputMask?: Value;
}

export interface DecoderParameters {
  /** Graph parameters by name. */
  readonly tensors: ReadonlyMap<string, Value>;
  /** By the name of the projection; empty without an adapter. */
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
}

/** Declares every weight of the decoder as a parameter of `graph`, to which nothing is added. */
export function declareDecoder(graph: GraphBuilder, config: DecoderConfig): DecoderParameters {
  const declared = decoderTensors(config).map(({ name, shape }) => [name, graph.parameter(name, shape)] as const);
  return { tensors: new Map(declared), updates: new Map() };
}

export function parameterNamed({ tensors }: DecoderParameters, name: string): Value {
  const value = tensors.get(name);
  invariant(value, `the decoder has no tensor ${name}`);
  return value;
}
