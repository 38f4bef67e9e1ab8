/**
 * The decoding graph: rows whose caches are given go on, a token at a time, in one call of the runtime. Two Loops, one in
 * the other: the inner one decodes a chunk of tokens, whose columns grow by concatenation; the outer one goes on unless
 * every row has stopped. What grows is the whole cache where that is small, else the chunk alone, whose columns the outer
 * loop then appends to the rest. A row's first input is the last token of its prompt, so prefill needs neither head nor
 * sampling and the layers appear once.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { ELEMENT_TYPE_CODES, OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { LayerCache, StepParts } from './decoder-attention.js';
import {
  cacheInputs,
  cacheOutputs,
  cacheShape,
  cachesFrom,
  cacheValues,
  emptyCache,
  joinCaches,
} from './decoder-cache.js';
import { size } from './decoder-columns.js';
import { decoderForward, headLogits } from './decoder-forward.js';
import type { Packed } from './decoder-linear.js';
import { addDecoderWeights, type DecoderWeights, type WeightSource } from './decoder-weights.js';
import { type FixedColumns, ownPart, promptPart, type RowColumns, stepParts } from './step-parts.js';
import { type TokenChooser, tokenChooser } from './token-choice.js';

/**
 * How the columns of a batch lie: all of a row in one piece, which every token copies; those there were before the chunk
 * apart from it; or the columns of prompts apart, too, once for all rows of a prompt.
 */
export type CacheLayout = 'joined' | 'split' | 'shared';

export interface DecodeGraphOptions {
  /** Top-k, nucleus, penalties and biases, a setting a row; costs a sort of the vocabulary a token. */
  readonly isFiltered: boolean;
  /** Adds `full_log_probs`, `top_log_probs` and `top_ids`: the model's own view of every token. */
  readonly hasAlternatives: boolean;
  readonly layout: CacheLayout;
  readonly packed: Packed;
}

/** Everything that is constant over a call. */
interface Setting extends RowColumns {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly chooser: TokenChooser;
  readonly uniforms_NB1: Value;
  /** int64 scalars: tokens of a chunk, and of the call. */
  readonly chunkTokens: Value;
  readonly newTokens: Value;
  readonly positions_B1: Value;
  readonly stopIds_BK: Value;
  readonly layout: CacheLayout;
  readonly packed: Packed;
  readonly prompts: readonly FixedColumns[];
}

/** What one token, or one chunk, hands to the next. */
interface Progress {
  readonly token_B1: Value;
  readonly counts_BV: Value | null;
  readonly caches: readonly LayerCache[];
}

type Reported = Progress & { readonly reports: readonly Value[] };

/**
 * Model bytes. B rows, N tokens, C cached columns, K stop tokens. Inputs: `last_tokens` int64 [B,1], fed first, and
 * `positions` int64 [B,1] of these; `past.L.key|value` float32 [B,Hkv,C,D], padded on the left by `pads` int64 [B], the
 * first real column being position `starts` int64 [B]; `uniforms` float32 [N,B,1] in [0, 1); `chunk_tokens` int64
 * scalar; `stop_ids` int64 [B,K], -1 matching nothing; and what `tokenChooser` declares. Shared: `prompt.L.key|value`
 * float32 [P,Hkv,C',D] padded on the left by `prompt_pads` int64 [P]; row copy * P + p reads prompt p.
 * Outputs: `tokens` int64 and `log_probs` float32 [n,B,1], n <= N in whole chunks, fewer when every row has stopped;
 * what follows a row's stop token means nothing. `present.L.key|value` [B,Hkv,C+n,D] and `counts_out` continue a call.
 */
export function decodeGraph(
  config: DecoderConfig,
  weightsOf: (graph: OnnxGraph) => WeightSource,
  options: DecodeGraphOptions,
): Uint8Array {
  const graph = new OnnxGraph('decode');
  const token_B1 = graph.input('last_tokens', 'int64', ['batch', 1]);
  const uniforms_NB1 = graph.input('uniforms', 'float32', ['new_tokens', 'batch', 1]);
  const setting: Setting = {
    config,
    uniforms_NB1,
    newTokens: size(graph, uniforms_NB1, 0),
    chunkTokens: graph.input('chunk_tokens', 'int64', []),
    positions_B1: graph.input('positions', 'int64', ['batch', 1]),
    pads_B: graph.input('pads', 'int64', ['batch']),
    starts_B: graph.input('starts', 'int64', ['batch']),
    stopIds_BK: graph.input('stop_ids', 'int64', ['batch', 'stops']),
    chooser: tokenChooser(graph, config.vocab_size, options),
    layout: options.layout,
    packed: options.packed,
    prompts: options.layout === 'shared' ? [promptPart(graph, config)] : [],
    weights: addDecoderWeights(graph, config, weightsOf(graph)),
  };
  const caches = cacheInputs(graph, config, 'past_columns');
  const last = chunkLoop(graph, setting, { token_B1, counts_BV: setting.chooser.counts_BV, caches });
  setting.chooser.reports.forEach(({ name, elementType, width }, index) => {
    graph.output(name, last.reports[index] as Value, elementType, ['emitted', 'batch', width]);
  });
  if (last.counts_BV) graph.output('counts_out', last.counts_BV, 'float32', ['batch', config.vocab_size]);
  cacheOutputs(graph, config, last.caches, 'present_columns');
  return graph.encode();
}

/** The outer loop: chunks until all tokens are drawn or every row has stopped. */
function chunkLoop(graph: OnnxGraph, setting: Setting, first: Progress): Reported {
  const { chooser, newTokens, chunkTokens, stopIds_BK } = setting;
  const body = graph.subgraph('chunk');
  const index = body.input('chunk', 'int64', []);
  body.input('condition', 'bool', []);
  const stopped_B = body.input('stopped', 'bool', ['batch']);
  const before = progressInputs(body, setting);
  const emitted = chooser.reports.map(({ name, elementType, width }) =>
    body.input(name, elementType, ['emitted', 'batch', width]),
  );
  const chunk = stepLoop(body, setting, body.op('Mul', [index, chunkTokens]), before);
  const nowStopped_B = body.op('Or', [stopped_B, hasStopped(body, chunk.reports[0] as Value, stopIds_BK)]);
  body.output('condition_out', isAnyLeft(body, nowStopped_B), 'bool', []);
  body.output('stopped_out', nowStopped_B, 'bool', ['batch']);
  const isJoined = setting.layout === 'joined';
  const caches = isJoined ? chunk.caches : joinCaches(body, before.caches, chunk.caches);
  progressOutputs(body, setting, { ...chunk, caches });
  chooser.reports.forEach(({ name, elementType, width }, at) => {
    const all = body.op('Concat', [emitted[at] as Value, chunk.reports[at] as Value], { axis: 0 });
    body.output(name, all, elementType, ['emitted', 'batch', width]);
  });
  const falses_B = graph.op('Less', [setting.pads_B, graph.int64(0)]);
  const carried = [falses_B, ...progressValues(first), ...noReports(graph, first.token_B1, chooser)];
  const rounded = graph.op('Add', [newTokens, graph.op('Sub', [chunkTokens, graph.int64(1)])]);
  const trips = graph.op('Div', [rounded, chunkTokens]);
  const inputs = [trips, graph.bool(true), ...carried];
  const outputs = graph.ops('Loop', inputs, carried.length, { body: { graph: body } });
  return readProgress(setting, outputs.slice(1));
}

/** The inner loop: one chunk, whose columns it returns, after those there were before or, unless joined, without them. */
function stepLoop(graph: OnnxGraph, setting: Setting, start: Value, before: Progress): Reported {
  const { config, chooser, newTokens, chunkTokens, layout } = setting;
  const parts = layout === 'joined' ? [] : [...setting.prompts, ownPart(graph, setting, before.caches)];
  const firstPosition_B1 = graph.op('Add', [setting.positions_B1, start]);
  const body = graph.subgraph('step');
  const iteration = body.input('iteration', 'int64', []);
  const condition = body.input('condition', 'bool', []);
  const now = progressInputs(body, setting);
  // A row that goes on past its end, until its chunk is over, must not leave the tables of positions.
  const lastPosition = graph.int64(config.max_position_embeddings - 1);
  const positions_B1 = body.op('Min', [body.op('Add', [firstPosition_B1, iteration]), lastPosition]);
  const uniform_B1 = body.op('Gather', [setting.uniforms_NB1, body.op('Add', [start, iteration])]);
  const attended = stepParts(body, config, setting, parts, now.caches, positions_B1);
  const step = decodeStep(body, setting, attended, now, uniform_B1, positions_B1);
  body.output('condition_out', condition, 'bool', []);
  progressOutputs(body, setting, step);
  chooser.reports.forEach(({ name, elementType, width }, at) => {
    body.output(name, step.reports[at] as Value, elementType, ['batch', width]);
  });
  const grown = layout === 'joined' ? before.caches : emptyCache(graph, config, before.token_B1);
  const carried = progressValues({ ...before, caches: grown });
  const trips = graph.op('Min', [chunkTokens, graph.op('Sub', [newTokens, start])]);
  const inputs = [trips, graph.bool(true), ...carried];
  const outputs = graph.ops('Loop', inputs, carried.length + chooser.reports.length, { body: { graph: body } });
  return readProgress(setting, outputs);
}

/** One forward pass of the newest tokens, and the next ones chosen. */
function decodeStep(
  graph: OnnxGraph,
  { config, weights, chooser, packed }: Setting,
  parts: StepParts,
  before: Progress,
  uniform_B1: Value,
  positions_BS: Value,
): Reported {
  const input = {
    tokenIds_BS: before.token_B1,
    columns: { positions_BS, mask_B1ST: null },
    past: before.caches,
    parts,
    packed,
  };
  const output = decoderForward(graph, config, weights, input);
  const logits_BV = headLogits(graph, config, weights, input, output, false);
  const choice = chooser.choose(graph, logits_BV, uniform_B1, before.counts_BV);
  return { ...choice, caches: output.present };
}

function progressInputs(graph: OnnxGraph, { config, chooser }: Setting): Progress {
  const token_B1 = graph.input('token', 'int64', ['batch', 1]);
  const shape = ['batch', config.vocab_size];
  const counts_BV = chooser.counts_BV && graph.input('counts', 'float32', shape);
  return { token_B1, counts_BV, caches: cacheInputs(graph, config, 'columns') };
}

function progressOutputs(graph: OnnxGraph, { config }: Setting, { token_B1, counts_BV, caches }: Progress): void {
  graph.output('token_out', token_B1, 'int64', ['batch', 1]);
  if (counts_BV) graph.output('counts_out', counts_BV, 'float32', ['batch', config.vocab_size]);
  for (const value of cacheValues(caches))
    graph.output('cache_out', value, 'float32', cacheShape(config, 'columns_out'));
}

function progressValues({ token_B1, counts_BV, caches }: Progress): Value[] {
  return [token_B1, ...(counts_BV ? [counts_BV] : []), ...cacheValues(caches)];
}

function readProgress({ config, chooser }: Setting, values: readonly Value[]): Reported {
  const rest = chooser.counts_BV ? values.slice(2) : values.slice(1);
  const cached = 2 * config.num_hidden_layers;
  return {
    token_B1: values[0] as Value,
    counts_BV: chooser.counts_BV && (values[1] as Value),
    caches: cachesFrom(rest.slice(0, cached)),
    reports: rest.slice(cached),
  };
}

/** Reports of no tokens. */
function noReports(graph: OnnxGraph, rows: Value, { reports }: TokenChooser): Value[] {
  const batch = graph.op('Shape', [rows], { start: 0, end: 1 });
  return reports.map(({ elementType, width }) => {
    const shape = graph.op('Concat', [graph.int64([0]), batch, graph.int64([width])], { axis: 0 });
    const empty = graph.op('ConstantOfShape', [shape]);
    return elementType === 'float32' ? empty : graph.op('Cast', [empty], { to: ELEMENT_TYPE_CODES.int64 });
  });
}

/** bool `[batch]`: whether a row has one of its stop tokens among `tokens_NB1`. */
function hasStopped(graph: OnnxGraph, tokens_NB1: Value, stopIds_BK: Value): Value {
  const matches = graph.op('Cast', [graph.op('Equal', [tokens_NB1, stopIds_BK])], { to: ELEMENT_TYPE_CODES.int32 });
  const any = graph.op('ReduceMax', [matches, graph.int64([0, 2])], { keepdims: 0 });
  return graph.op('Cast', [any], { to: ELEMENT_TYPE_CODES.bool });
}

function isAnyLeft(graph: OnnxGraph, stopped_B: Value): Value {
  const stopped = graph.op('Cast', [stopped_B], { to: ELEMENT_TYPE_CODES.int32 });
  const all = graph.op('ReduceMin', [stopped, graph.int64([0])], { keepdims: 0 });
  return graph.op('Not', [graph.op('Cast', [all], { to: ELEMENT_TYPE_CODES.bool })]);
}
