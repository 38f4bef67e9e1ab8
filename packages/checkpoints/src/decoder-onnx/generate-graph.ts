/**
 * The generation graph: prefill, then a Loop that decodes and samples until every row has stopped. The key/value
 * cache lives inside one run, because fetching it after every token would copy it and lose to a plain step-by-step
 * decoder; it is still an input and an output, so that a call can continue where another ended, and an output nobody
 * fetches is not copied.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { ELEMENT_TYPE_CODES, OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { TensorMap } from '../tensor.js';
import type { LayerCache } from './decoder-attention.js';
import { cacheInputs, cacheOutputs, cacheShape } from './decoder-cache.js';
import { leftPaddedColumns } from './decoder-columns.js';
import { decoderForward, headLogits } from './decoder-forward.js';
import { addDecoderWeights, type DecoderWeights } from './decoder-weights.js';
import { type ChoiceInputs, chooseToken, pick } from './token-choice.js';

/** Alternatives reported per token by the `withTopLogProbs` variant: the most the OpenAI API lets a client ask for. */
export const TOP_LOG_PROBS = 20;

export interface GenerateGraphOptions {
  /** Adds `top_ids`, `top_log_probs` and `full_log_probs`; costs a top-k over the vocabulary a token. */
  readonly withTopLogProbs?: boolean;
}

/** Everything that is constant over a call. */
interface Setting extends ChoiceInputs {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly padLengths_B: Value;
  /** int64 `[stops]`; -1 matches nothing. */
  readonly stopIds: Value;
  readonly withTopLogProbs: boolean;
}

/** What one token hands to the next. */
interface RowState {
  /** int64 `[batch]`: the newest token, or the padding token on finished rows. */
  readonly token_B: Value;
  /** bool `[batch]`. */
  readonly finished_B: Value;
  /** int64 `[batch]`: tokens emitted in this call, the stop token included. */
  readonly lengths_B: Value;
}

interface Step {
  readonly rows: RowState;
  readonly caches: readonly LayerCache[];
  /** Values reported for every token, in the order of `reportSpecs`. */
  readonly reports: readonly Value[];
}

/**
 * Model bytes. Inputs: `input_ids` int64 [B,S] padded on the left, `pad_lengths` int64 [B], `uniforms` float32 [N,B]
 * in [0, 1), `inverse_temperature`, `top_p` float32 scalars, `greedy` bool scalar, `stop_ids` int64 [K], `finished`
 * bool [B], `past.L.key|value` float32 [B,Hkv,C,D] (C = 0 to start).
 * Outputs: `tokens` int64 [n,B] and `log_probs` float32 [n,B] with n <= N (fewer when every row has stopped),
 * `lengths` int64 [B], `finished_out` bool [B], `present.L.key|value` (without the last token, which is the next
 * call's `input_ids`). A finished row repeats the padding token with log-probability 0.
 */
export function generateGraph(
  config: DecoderConfig,
  tensors: TensorMap,
  { withTopLogProbs = false }: GenerateGraphOptions = {},
): Uint8Array {
  const graph = new OnnxGraph('generate');
  const tokenIds_BS = graph.input('input_ids', 'int64', ['batch', 'tokens']);
  const setting: Setting = {
    config,
    weights: addDecoderWeights(graph, config, tensors),
    padLengths_B: graph.input('pad_lengths', 'int64', ['batch']),
    inverseTemperature: graph.input('inverse_temperature', 'float32', []),
    topP: graph.input('top_p', 'float32', []),
    greedy: graph.input('greedy', 'bool', []),
    stopIds: graph.input('stop_ids', 'int64', ['stops']),
    withTopLogProbs,
  };
  const uniforms_NB = graph.input('uniforms', 'float32', ['new_tokens', 'batch']);
  const finished_B = graph.input('finished', 'bool', ['batch']);
  const past = cacheInputs(graph, config, 'past_columns');
  const zeros_B = graph.op('Mul', [setting.padLengths_B, graph.int64(0)]);

  const uniform_B = graph.op('Gather', [uniforms_NB, graph.int64(0)]);
  const start = { token_B: '', finished_B, lengths_B: zeros_B };
  const first = decodeStep(graph, setting, tokenIds_BS, past, uniform_B, start);
  const last = decodeLoop(graph, setting, first, uniforms_NB);
  for (const [index, spec] of reportSpecs(config, withTopLogProbs).entries()) {
    const firstRow = graph.op('Unsqueeze', [first.reports[index] as Value, graph.int64([0])]);
    const all = graph.op('Concat', [firstRow, last.reports[index] as Value], { axis: 0 });
    graph.output(spec.name, all, spec.elementType, ['emitted', ...spec.shape]);
  }
  graph.output('lengths', last.rows.lengths_B, 'int64', ['batch']);
  graph.output('finished_out', last.rows.finished_B, 'bool', ['batch']);
  cacheOutputs(graph, config, last.caches, 'present_columns');
  return graph.encode();
}

/** Forward pass over the given tokens, then one drawn token a row. */
function decodeStep(
  graph: OnnxGraph,
  setting: Setting,
  tokenIds_BS: Value,
  past: readonly LayerCache[],
  uniform_B: Value,
  before: RowState,
): Step {
  const { config, weights, padLengths_B } = setting;
  const columns = leftPaddedColumns(graph, tokenIds_BS, padLengths_B, (past[0] as LayerCache).key);
  const input = { tokenIds_BS, columns, past };
  const output = decoderForward(graph, config, weights, input);
  const logits_BV = headLogits(graph, config, weights, input, output, true);
  const choice = chooseToken(graph, logits_BV, uniform_B, setting);
  const padding = graph.int64(config.pad_token_id ?? config.eos_token_id);
  const token_B = graph.op('Where', [before.finished_B, padding, choice.token_B]);
  const logProb_B = graph.op('Where', [before.finished_B, graph.float32(0), choice.logProb_B]);
  const counted = cast(graph, graph.op('Not', [before.finished_B]), 'int64');
  const rows = {
    token_B,
    finished_B: graph.op('Or', [before.finished_B, isStop(graph, token_B, setting.stopIds)]),
    lengths_B: graph.op('Add', [before.lengths_B, counted]),
  };
  const extra = setting.withTopLogProbs ? topLogProbs(graph, config, logits_BV, token_B) : [];
  return { rows, caches: output.present, reports: [token_B, logProb_B, ...extra] };
}

/** The remaining tokens. Its reports are `[n - 1, batch, ...]`. */
function decodeLoop(graph: OnnxGraph, setting: Setting, first: Step, uniforms_NB: Value): Step {
  const { config } = setting;
  const body = graph.subgraph('decode');
  const iteration = body.input('iteration', 'int64', []);
  body.input('condition', 'bool', []);
  const before: RowState = {
    token_B: body.input('token', 'int64', ['batch']),
    finished_B: body.input('finished', 'bool', ['batch']),
    lengths_B: body.input('lengths', 'int64', ['batch']),
  };
  const past = cacheInputs(body, config, 'columns');
  const tokenIds_B1 = body.op('Unsqueeze', [before.token_B, body.int64([1])]);
  const uniform_B = body.op('Gather', [uniforms_NB, body.op('Add', [iteration, body.int64(1)])]);
  const step = decodeStep(body, setting, tokenIds_B1, past, uniform_B, before);
  const specs = reportSpecs(config, setting.withTopLogProbs);
  body.output('condition_out', anyUnfinished(body, step.rows.finished_B), 'bool', []);
  body.output('token_out', step.rows.token_B, 'int64', ['batch']);
  body.output('finished_out', step.rows.finished_B, 'bool', ['batch']);
  body.output('lengths_out', step.rows.lengths_B, 'int64', ['batch']);
  for (const { key, value } of step.caches) {
    body.output('key_out', key, 'float32', cacheShape(config, 'columns_out'));
    body.output('value_out', value, 'float32', cacheShape(config, 'columns_out'));
  }
  for (const [index, spec] of specs.entries()) {
    body.output(spec.name, step.reports[index] as Value, spec.elementType, spec.shape);
  }
  return runLoop(graph, body, first, uniforms_NB, specs.length);
}

function runLoop(graph: OnnxGraph, body: OnnxGraph, first: Step, uniforms_NB: Value, reportCount: number): Step {
  const { token_B, finished_B, lengths_B } = first.rows;
  const newTokens = graph.op('Gather', [graph.op('Shape', [uniforms_NB]), graph.int64(0)]);
  const trips = graph.op('Sub', [newTokens, graph.int64(1)]);
  const caches = first.caches.flatMap(({ key, value }) => [key, value]);
  const inputs = [trips, anyUnfinished(graph, finished_B), token_B, finished_B, lengths_B, ...caches];
  const outputs = graph.ops('Loop', inputs, 3 + caches.length + reportCount, { body: { graph: body } });
  const [token, finished, lengths, ...rest] = outputs as [Value, Value, Value, ...Value[]];
  return {
    rows: { token_B: token, finished_B: finished, lengths_B: lengths },
    caches: first.caches.map((_, layer) => ({ key: rest[2 * layer] as Value, value: rest[2 * layer + 1] as Value })),
    reports: rest.slice(caches.length),
  };
}

interface ReportSpec {
  readonly name: string;
  readonly elementType: 'int64' | 'float32';
  readonly shape: readonly (number | string)[];
}

function reportSpecs(config: DecoderConfig, withTopLogProbs: boolean): ReportSpec[] {
  const always: ReportSpec[] = [
    { name: 'tokens', elementType: 'int64', shape: ['batch'] },
    { name: 'log_probs', elementType: 'float32', shape: ['batch'] },
  ];
  if (!withTopLogProbs) return always;
  const shape = ['batch', topCount(config)];
  return [
    ...always,
    { name: 'full_log_probs', elementType: 'float32', shape: ['batch'] },
    { name: 'top_log_probs', elementType: 'float32', shape },
    { name: 'top_ids', elementType: 'int64', shape },
  ];
}

/** Log-probabilities of the model itself, at temperature 1 over the whole vocabulary: the drawn token's and the best. */
function topLogProbs(graph: OnnxGraph, config: DecoderConfig, logits_BV: Value, token_B: Value): Value[] {
  const logProbs_BV = graph.op('LogSoftmax', [logits_BV], { axis: -1 });
  const best = graph.ops('TopK', [logProbs_BV, graph.int64([topCount(config)])], 2, { axis: -1 });
  return [pick(graph, logProbs_BV, token_B), ...best];
}

function topCount(config: DecoderConfig): number {
  return Math.min(TOP_LOG_PROBS, config.vocab_size);
}

function isStop(graph: OnnxGraph, token_B: Value, stopIds: Value): Value {
  const matches = graph.op('Equal', [graph.op('Unsqueeze', [token_B, graph.int64([1])]), stopIds]);
  const any = graph.op('ReduceMax', [cast(graph, matches, 'int32'), graph.int64([1])], { keepdims: 0 });
  return cast(graph, any, 'bool');
}

function anyUnfinished(graph: OnnxGraph, finished_B: Value): Value {
  const all = graph.op('ReduceMin', [cast(graph, finished_B, 'int32'), graph.int64([0])], { keepdims: 0 });
  return graph.op('Not', [cast(graph, all, 'bool')]);
}

function cast(graph: OnnxGraph, value: Value, elementType: 'bool' | 'int32' | 'int64'): Value {
  return graph.op('Cast', [value], { to: ELEMENT_TYPE_CODES[elementType] });
}
