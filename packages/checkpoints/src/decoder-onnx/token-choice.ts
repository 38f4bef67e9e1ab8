/**
 * Choosing the next token of every row inside an ONNX graph, by settings of its own a row: greedy or drawn, temperature
 * and, in the filtered form, penalties, biases, top-k and nucleus. A row's choice reads its own logits and settings
 * only.
 */
import { ELEMENT_TYPE_CODES, type OnnxGraph, type Value } from '@preheat/graph/onnx';

/** Alternatives reported per token: the most the OpenAI API lets a client ask for. */
export const TOP_LOG_PROBS = 20;

export interface ReportSpec {
  readonly name: string;
  readonly elementType: 'int64' | 'float32';
  /** Values a token. */
  readonly width: number;
}

export interface TokenChoice {
  /** int64 `[batch, 1]`. */
  readonly token_B1: Value;
  /** float32 `[batch, vocabulary]`: how often each token was generated, the chosen one included; null if unfiltered. */
  readonly counts_BV: Value | null;
  /** In the order of `TokenChooser.reports`, each `[batch, width]`. */
  readonly reports: readonly Value[];
}

export interface TokenChooser {
  /** What is reported of every token; the first is the token itself. */
  readonly reports: readonly ReportSpec[];
  /** The counts before the first token: an input, where there are filters. */
  readonly counts_BV: Value | null;
  choose(graph: OnnxGraph, logits_BV: Value, uniform_B1: Value, counts_BV: Value | null): TokenChoice;
}

export interface ChooserOptions {
  readonly isFiltered: boolean;
  readonly hasAlternatives: boolean;
}

/**
 * Declares the inputs that say how tokens are chosen: `inverse_temperatures` float32 [B,1] and `greedy` bool [B,1];
 * filtered: `top_k` int64 [B,1], `untruncated` bool [B,1] (log-probabilities are of the whole distribution), `top_p`, `presence_penalties`, `frequency_penalties`, `repetition_penalties` float32
 * [B,1], `biases`, `prompt_seen` (1 for a token of the prompt) and `counts` float32 [B,V].
 */
export function tokenChooser(graph: OnnxGraph, vocabulary: number, options: ChooserOptions): TokenChooser {
  const inverse_B1 = graph.input('inverse_temperatures', 'float32', ['batch', 1]);
  const greedy_B1 = graph.input('greedy', 'bool', ['batch', 1]);
  const filters = options.isFiltered ? filterInputs(graph, vocabulary) : null;
  return {
    reports: reportSpecs(vocabulary, options),
    counts_BV: filters && filters.counts_BV,
    choose: (at, logits_BV, uniform_B1, counts_BV) => {
      const penalised = filters && counts_BV ? penalise(at, logits_BV, filters, counts_BV) : logits_BV;
      const tempered = at.op('Mul', [penalised, inverse_B1]);
      const probabilities_BV = at.op('Softmax', [tempered], { axis: -1 });
      const { kept_BV, mass_B1 } = filters
        ? filtered(at, probabilities_BV, filters, vocabulary)
        : { kept_BV: probabilities_BV, mass_B1: null };
      const best_B1 = at.op('ArgMax', [tempered], { axis: -1, keepdims: 1 });
      const token_B1 = at.op('Where', [greedy_B1, best_B1, invertCumulative(at, kept_BV, uniform_B1)]);
      const picked_B1 = pickOne(at, kept_BV, token_B1);
      const logProb_B1 = at.op('Log', [mass_B1 === null ? picked_B1 : at.op('Div', [picked_B1, mass_B1])]);
      const extra = options.hasAlternatives ? alternatives(at, logits_BV, token_B1, vocabulary) : [];
      const counted = counts_BV && at.op('Add', [counts_BV, oneHot(at, token_B1, vocabulary)]);
      return { token_B1, counts_BV: counted, reports: [token_B1, logProb_B1, ...extra] };
    },
  };
}

/**
 * The probabilities of tokens that stay: the k most probable, and of these the nucleus (Holtzman et al. 2020), the
 * smallest set whose mass reaches topP. A token is kept while the mass before it is below topP, so at least one always is.
 * @returns what is kept, in the order of the vocabulary, and what its log-probabilities are divided by `[batch, 1]`: its mass, or 1
 *   where nothing is left out, so that a row without filters gets the same bits beside rows with them as alone, or where they are to be
 *   of the whole distribution.
 */
function filtered(
  graph: OnnxGraph,
  probabilities_BV: Value,
  { topK_B1, topP_B1, untruncated_B1 }: Filters,
  vocabulary: number,
): { kept_BV: Value; mass_B1: Value } {
  const whole = graph.int64([vocabulary]);
  const [sorted, order] = graph.ops('TopK', [probabilities_BV, whole], 2, { axis: -1 }) as [Value, Value];
  const none = graph.float32(0);
  const amongBest = graph.op('Where', [graph.op('Less', [vocabularyIds(graph, vocabulary), topK_B1]), sorted, none]);
  const bestMass_B1 = graph.op('ReduceSum', [amongBest, graph.int64([1])], { keepdims: 1 });
  const massBefore = graph.op('CumSum', [amongBest, graph.int64(1)], { exclusive: 1 });
  const isNucleus = graph.op('Less', [massBefore, graph.op('Mul', [topP_B1, bestMass_B1])]);
  // Rounding of the sums must not cut the tail where there is no nucleus.
  const isUncut = graph.op('GreaterOrEqual', [topP_B1, graph.float32(1)]);
  const keptSorted = graph.op('Where', [graph.op('Or', [isNucleus, isUncut]), amongBest, none]);
  const kept_BV = graph.op('ScatterElements', [probabilities_BV, order, keptSorted], { axis: 1 });
  const sum_B1 = graph.op('ReduceSum', [kept_BV, graph.int64([1])], { keepdims: 1 });
  const isWhole = graph.op('And', [isUncut, graph.op('GreaterOrEqual', [topK_B1, whole])]);
  const isUndivided = graph.op('Or', [isWhole, untruncated_B1]);
  return { kept_BV, mass_B1: graph.op('Where', [isUndivided, graph.float32(1), sum_B1]) };
}

function vocabularyIds(graph: OnnxGraph, vocabulary: number): Value {
  return graph.op('Range', [graph.int64(0), graph.int64(vocabulary), graph.int64(1)]);
}

/**
 * Index of the first entry whose cumulative weight exceeds uniform * total. The uniform is scaled by the actual float32
 * sum, so that an entry of weight zero is never drawn; NaN weights give index 0.
 */
function invertCumulative(graph: OnnxGraph, weights_BV: Value, uniform_B1: Value): Value {
  const cumulative = graph.op('CumSum', [weights_BV, graph.int64(1)]);
  const total_B1 = graph.op('Gather', [cumulative, graph.int64([-1])], { axis: 1 });
  const passed = graph.op('Greater', [cumulative, graph.op('Mul', [uniform_B1, total_B1])]);
  const flags = graph.op('Cast', [passed], { to: ELEMENT_TYPE_CODES.float32 });
  return graph.op('ArgMax', [flags], { axis: -1, keepdims: 1 });
}

interface Filters {
  readonly topK_B1: Value;
  readonly topP_B1: Value;
  readonly untruncated_B1: Value;
  readonly presence_B1: Value;
  readonly frequency_B1: Value;
  readonly repetition_B1: Value;
  readonly biases_BV: Value;
  readonly promptSeen_BV: Value;
  readonly counts_BV: Value;
}

function filterInputs(graph: OnnxGraph, vocabulary: number): Filters {
  const column = (name: string): Value => graph.input(name, 'float32', ['batch', 1]);
  const table = (name: string): Value => graph.input(name, 'float32', ['batch', vocabulary]);
  return {
    topK_B1: graph.input('top_k', 'int64', ['batch', 1]),
    topP_B1: column('top_p'),
    untruncated_B1: graph.input('untruncated', 'bool', ['batch', 1]),
    presence_B1: column('presence_penalties'),
    frequency_B1: column('frequency_penalties'),
    repetition_B1: column('repetition_penalties'),
    biases_BV: table('biases'),
    promptSeen_BV: table('prompt_seen'),
    counts_BV: table('counts'),
  };
}

/**
 * Repetition penalty (Keskar et al. 2019, section 4.1, with the sign rule of Hugging Face) of tokens in prompt or
 * answer, then OpenAI's presence and frequency penalties of tokens in the answer, then the biases.
 */
function penalise(graph: OnnxGraph, logits_BV: Value, filters: Filters, counts_BV: Value): Value {
  const zero = graph.float32(0);
  const isAnswered = graph.op('Greater', [counts_BV, zero]);
  const isSeen = graph.op('Or', [isAnswered, graph.op('Greater', [filters.promptSeen_BV, zero])]);
  const weaker = graph.op('Where', [
    graph.op('Greater', [logits_BV, zero]),
    graph.op('Div', [logits_BV, filters.repetition_B1]),
    graph.op('Mul', [logits_BV, filters.repetition_B1]),
  ]);
  const repeated = graph.op('Where', [isSeen, weaker, logits_BV]);
  const answered = graph.op('Cast', [isAnswered], { to: ELEMENT_TYPE_CODES.float32 });
  const presence = graph.op('Mul', [answered, filters.presence_B1]);
  const frequency = graph.op('Mul', [counts_BV, filters.frequency_B1]);
  const penalty = graph.op('Add', [presence, frequency]);
  return graph.op('Add', [graph.op('Sub', [repeated, penalty]), filters.biases_BV]);
}

function oneHot(graph: OnnxGraph, token_B1: Value, vocabulary: number): Value {
  const isToken = graph.op('Equal', [token_B1, vocabularyIds(graph, vocabulary)]);
  return graph.op('Cast', [isToken], { to: ELEMENT_TYPE_CODES.float32 });
}

function reportSpecs(vocabulary: number, { hasAlternatives }: ChooserOptions): ReportSpec[] {
  const always: ReportSpec[] = [
    { name: 'tokens', elementType: 'int64', width: 1 },
    { name: 'log_probs', elementType: 'float32', width: 1 },
  ];
  if (!hasAlternatives) return always;
  const width = Math.min(TOP_LOG_PROBS, vocabulary);
  return [
    ...always,
    { name: 'full_log_probs', elementType: 'float32', width: 1 },
    { name: 'top_log_probs', elementType: 'float32', width },
    { name: 'top_ids', elementType: 'int64', width },
  ];
}

/** Log-probabilities of the model itself, at temperature 1 over the whole vocabulary: the chosen token's and the best. */
function alternatives(graph: OnnxGraph, logits_BV: Value, token_B1: Value, vocabulary: number): Value[] {
  const logProbs_BV = graph.op('LogSoftmax', [logits_BV], { axis: -1 });
  const best = graph.ops('TopK', [logProbs_BV, graph.int64([Math.min(TOP_LOG_PROBS, vocabulary)])], 2, { axis: -1 });
  return [pickOne(graph, logProbs_BV, token_B1), ...best];
}

/** Entry `index_B1[b]` of each row, `[batch, 1]`. */
function pickOne(graph: OnnxGraph, values_BV: Value, index_B1: Value): Value {
  return graph.op('GatherElements', [values_BV, index_B1], { axis: 1 });
}

/** Entry `index_N[n]` of each row, `[rows]`. */
export function pick(graph: OnnxGraph, values_NV: Value, index_N: Value): Value {
  const indices = graph.op('Unsqueeze', [index_N, graph.int64([1])]);
  return graph.op('GatherND', [values_NV, indices], { batch_dims: 1 });
}
