/**
 * Choosing the next token inside an ONNX graph: greedy, from the whole distribution, or from its nucleus. The branch
 * is an `If` on scalar inputs, so a mode that is not asked for costs nothing.
 */
import { ELEMENT_TYPE_CODES, type OnnxGraph, type Value } from '@preheat/graph/onnx';

/** Scalars that fix how tokens are drawn, the same for the whole batch. */
export interface ChoiceInputs {
  /** float32 scalar, 1 / temperature. */
  readonly inverseTemperature: Value;
  /** bool scalar: take the most probable token and ignore the uniforms. */
  readonly greedy: Value;
  /** float32 scalar in (0, 1]; 1 switches the nucleus off. */
  readonly topP: Value;
}

export interface Choice {
  /** int64 `[batch]`. */
  readonly token_B: Value;
  /** float32 `[batch]`: log-probability under the distribution the token was drawn from. */
  readonly logProb_B: Value;
}

/**
 * Draws one token a row by inverting the cumulative distribution at `uniform_B`. The uniform is scaled by the actual
 * sum of the float32 probabilities, which may fall short of 1, so that a token of probability zero is never drawn.
 * Greedy choice reports the log-probability under the tempered distribution.
 */
export function chooseToken(graph: OnnxGraph, logits_BV: Value, uniform_B: Value, inputs: ChoiceInputs): Choice {
  const tempered = graph.op('Mul', [logits_BV, inputs.inverseTemperature]);
  const probabilities = graph.op('Softmax', [tempered], { axis: -1 });
  const nucleus = branch(graph, 'nucleus', (sub) => drawFromNucleus(sub, probabilities, uniform_B, inputs.topP));
  const whole = branch(graph, 'whole', (sub) => drawFrom(sub, probabilities, uniform_B));
  const drawn = graph.subgraph('drawn');
  const isNucleus = drawn.op('Less', [inputs.topP, drawn.float32(1)]);
  exportChoice(drawn, choose(drawn, isNucleus, nucleus, whole));
  const greedy = branch(graph, 'greedy', (sub) => {
    const token_B = sub.op('ArgMax', [tempered], { axis: -1, keepdims: 0 });
    return { token_B, logProb_B: logOf(sub, probabilities, token_B) };
  });
  return choose(graph, inputs.greedy, greedy, drawn);
}

function branch(graph: OnnxGraph, name: string, build: (sub: OnnxGraph) => Choice): OnnxGraph {
  const sub = graph.subgraph(name);
  exportChoice(sub, build(sub));
  return sub;
}

function exportChoice(sub: OnnxGraph, { token_B, logProb_B }: Choice): void {
  sub.output('token', token_B, 'int64', ['batch']);
  sub.output('log_prob', logProb_B, 'float32', ['batch']);
}

function choose(graph: OnnxGraph, condition: Value, yes: OnnxGraph, no: OnnxGraph): Choice {
  const branches = { then_branch: { graph: yes }, else_branch: { graph: no } };
  const [token_B, logProb_B] = graph.ops('If', [condition], 2, branches) as [Value, Value];
  return { token_B, logProb_B };
}

function drawFrom(graph: OnnxGraph, probabilities_BV: Value, uniform_B: Value): Choice {
  const token_B = invertCumulative(graph, probabilities_BV, uniform_B);
  return { token_B, logProb_B: logOf(graph, probabilities_BV, token_B) };
}

/**
 * Nucleus sampling (Holtzman et al. 2020): the smallest set of most probable tokens whose mass reaches topP,
 * renormalised. A token is kept while the mass before it is below topP, so at least one always is.
 */
function drawFromNucleus(graph: OnnxGraph, probabilities_BV: Value, uniform_B: Value, topP: Value): Choice {
  const vocabulary = graph.op('Shape', [probabilities_BV], { start: 1, end: 2 });
  const [sorted, order] = graph.ops('TopK', [probabilities_BV, vocabulary], 2, { axis: -1 }) as [Value, Value];
  const massBefore = graph.op('CumSum', [sorted, graph.int64(1)], { exclusive: 1 });
  const kept = graph.op('Where', [graph.op('Less', [massBefore, topP]), sorted, graph.float32(0)]);
  const rank_B = invertCumulative(graph, kept, uniform_B);
  const mass_B = graph.op('ReduceSum', [kept, graph.int64([1])], { keepdims: 0 });
  const logProb_B = graph.op('Sub', [logOf(graph, kept, rank_B), graph.op('Log', [mass_B])]);
  return { token_B: pick(graph, order, rank_B), logProb_B };
}

/** Index of the first entry whose cumulative weight exceeds uniform * total. */
function invertCumulative(graph: OnnxGraph, weights_BV: Value, uniform_B: Value): Value {
  const cumulative = graph.op('CumSum', [weights_BV, graph.int64(1)]);
  const total_B1 = graph.op('Gather', [cumulative, graph.int64([-1])], { axis: 1 });
  const uniform_B1 = graph.op('Unsqueeze', [uniform_B, graph.int64([1])]);
  const passed = graph.op('LessOrEqual', [cumulative, graph.op('Mul', [uniform_B1, total_B1])]);
  const counts = graph.op('Cast', [passed], { to: ELEMENT_TYPE_CODES.int32 });
  const count_B = graph.op('ReduceSum', [counts, graph.int64([1])], { keepdims: 0 });
  const vocabulary = graph.op('Shape', [weights_BV], { start: 1, end: 2 });
  // With NaN probabilities every comparison is false; the clamp only guards the gather against a bad count.
  return graph.op('Min', [
    graph.op('Cast', [count_B], { to: ELEMENT_TYPE_CODES.int64 }),
    graph.op('Sub', [vocabulary, graph.int64([1])]),
  ]);
}

function logOf(graph: OnnxGraph, probabilities_BV: Value, index_B: Value): Value {
  return graph.op('Log', [pick(graph, probabilities_BV, index_B)]);
}

/** Entry `index_B[b]` of each row. */
export function pick(graph: OnnxGraph, values_BV: Value, index_B: Value): Value {
  const indices = graph.op('Unsqueeze', [index_B, graph.int64([1])]);
  return graph.op('GatherND', [values_BV, indices], { batch_dims: 1 });
}
