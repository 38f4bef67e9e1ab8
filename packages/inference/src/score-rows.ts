/**
 * Log-probabilities of given tokens, for comparing policies, for checking what sampling recorded, and for evaluations that ask how
 * probable a text is. A call computes a bounded number of logits and attention scores: a row that needs more is scored in parts, with
 * its keys and values kept in between.
 */
import { pastName, presentName } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { cacheFeeds, cacheNames, columnBytes, emptyCaches, readCaches } from './cache-arrays.js';
import { CacheBudget } from './cache-budget.js';
import { checkTokens, checkTopLogProbs } from './check-generation.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { TokenAlternatives } from './generation-types.js';
import type { GraphRunner, WireTensor, WireTensors } from './graph-runner.js';
import { planMicroBatches } from './micro-batches.js';
import { prefillColumns } from './plan-prefill.js';
import { alternativesAt } from './read-emission.js';
import { spreadOver } from './spread-over.js';
import { float32sOf, scalar } from './wire-tensors.js';

/** Rows per scoring call. */
export const MAX_SCORED_ROWS_PER_CALL = 16;
/** Logits of one call: 64 MB of them, and as much again for their logarithms. */
const MAX_LOGITS_PER_CALL = 2 ** 24;

export interface ScoreRow {
  readonly tokens: ArrayLike<number>;
  /** Index of the first token to score; at least 1, because the first token has nothing before it. */
  readonly from: number;
}

export interface ScoreOptions {
  /** Temperature applied to the logits before normalising. Default 1. */
  readonly temperature?: number;
  /** Reports this many of the most probable tokens at every place, at most 20, at the same temperature. Default 0. */
  readonly topLogProbs?: number;
  /** Name of the adapter that changes the model. Default: none. */
  readonly adapter?: string;
  readonly signal?: AbortSignal;
}

export interface ScoredRow {
  /** Log-probability of `tokens[from + i]` given everything before it. */
  readonly logProbs: Float32Array;
  readonly policyVersion: number;
  /** One entry a log-probability, when `topLogProbs` was asked for. */
  readonly alternatives?: readonly TokenAlternatives[];
}

/** What all calls of one request have in common. */
interface Scoring {
  readonly graphs: DecoderGraphs;
  readonly graph: string;
  readonly temperature: number;
  readonly topLogProbs: number;
  readonly adapter: string | null;
  readonly signal: AbortSignal | undefined;
  readonly cacheBudget: CacheBudget;
}

/**
 * @param cacheBudget What keys and values of rows under way may hold: as many rows are scored at once as there is room for, and one in
 *   any case.
 * @throws RangeError for a row that does not fit the model or has nothing to score, and for an option outside its range.
 */
export async function scoreRows(
  graphs: DecoderGraphs,
  rows: readonly ScoreRow[],
  options: ScoreOptions = {},
  cacheBudget = new CacheBudget(Number.POSITIVE_INFINITY),
): Promise<ScoredRow[]> {
  const { temperature = 1, topLogProbs = 0, signal, adapter = null } = options;
  if (!(temperature > 0)) throw new RangeError(`temperature must be above 0 for scoring, got ${temperature}`);
  checkTopLogProbs(graphs.config, topLogProbs);
  rows.forEach((row, index) => {
    checkRow(graphs, row, index);
  });
  if (adapter !== null && !graphs.hasAdapter(adapter)) throw new RangeError(`there is no adapter ${adapter}`);
  const graph = await graphs.ensure(topLogProbs > 0 ? 'score-top' : 'score', adapter);
  const scoring = { graphs, graph, temperature, topLogProbs, adapter, signal, cacheBudget };
  const lengths = rows.map(({ tokens }) => tokens.length);
  const room = cacheBudget.roomOf(scoring) / graphs.runners.length;
  const calls = planMicroBatches(lengths, graphs.runners.length, (longest) =>
    rowsPerCall(graphs.config, longest, room),
  );
  const results = new Array<ScoredRow>(rows.length);
  await spreadOver(graphs.runners, calls, async (runner, indices) => {
    const some = indices.map((index) => rows[index] as ScoreRow);
    const scored = await scoreTogether(scoring, runner, some);
    indices.forEach((index, row) => {
      results[index] = scored[row] as ScoredRow;
    });
  });
  return results;
}

type Sizes = Pick<DecoderConfig, 'vocab_size' | 'num_hidden_layers' | 'num_key_value_heads' | 'head_dim'>;

/** Rows that fit into one call in one part, were all as long as its longest of so many tokens, and have room for their keys and values in `roomBytes`. */
export function rowsPerCall(config: Sizes, longest: number, roomBytes: number): number {
  const inRoom = Math.floor(roomBytes / (longest * columnBytes(config)));
  const limits = [MAX_SCORED_ROWS_PER_CALL, inRoom, Math.floor(MAX_LOGITS_PER_CALL / (config.vocab_size * longest))];
  const together = Math.max(1, Math.min(...limits));
  return Math.max(1, Math.min(together, Math.floor(prefillColumns(1, longest) / longest)));
}

/** Columns of one part of a call of so many rows, which have `columns` in the end. */
function partColumns({ vocab_size }: DecoderConfig, rows: number, columns: number): number {
  const withLogits = Math.max(1, Math.floor(MAX_LOGITS_PER_CALL / (rows * vocab_size)));
  return Math.min(columns, withLogits, prefillColumns(rows, columns));
}

function checkRow({ config }: DecoderGraphs, { tokens, from }: ScoreRow, index: number): void {
  checkTokens(config, tokens, `row ${index}`);
  if (tokens.length > config.max_position_embeddings) {
    throw new RangeError(
      `row ${index}: ${tokens.length} tokens exceed the model's ${config.max_position_embeddings} positions`,
    );
  }
  if (!Number.isInteger(from) || from < 1 || from >= tokens.length) {
    throw new RangeError(`row ${index}: from must be an integer from 1 to ${tokens.length - 1}, got ${from}`);
  }
}

/** The graph reads each token and scores its successor, so a row of n tokens takes n - 1 columns. */
async function scoreTogether(scoring: Scoring, runner: GraphRunner, rows: readonly ScoreRow[]): Promise<ScoredRow[]> {
  const { graphs, graph, temperature, topLogProbs, adapter, signal, cacheBudget } = scoring;
  const { config } = graphs;
  const columns = Math.max(...rows.map(({ tokens }) => tokens.length)) - 1;
  const scored = rows.map(({ tokens, from }) => new RowScores(tokens.length, from, topLogProbs));
  const names = ['log_probs', ...(topLogProbs > 0 ? ['top_log_probs', 'top_ids'] : [])];
  const inverse_temperature = scalar(1 / temperature);
  let caches = emptyCaches(config, rows.length);
  // The key that memory is held by.
  cacheBudget.hold(scored, rows.length * columns * columnBytes(config));
  try {
    const most = partColumns(config, rows.length, columns);
    for (let start = 0; start < columns; start += most) {
      signal?.throwIfAborted();
      const width = Math.min(most, columns - start);
      const tokens = { input_ids: tokenMatrix(rows, start, width), targets: tokenMatrix(rows, start + 1, width) };
      const feeds = { ...tokens, inverse_temperature, ...cacheFeeds(config, caches, pastName) };
      const isLast = start + width === columns;
      const fetches = isLast ? names : [...names, ...cacheNames(config, presentName)];
      const consumed = caches.columns > 0 ? cacheNames(config, pastName) : [];
      const { outputs, version } = await runner.run(graph, feeds, fetches, { consumed, adapter });
      for (const [row, scores] of scored.entries()) scores.take(outputs, row, start, width, version);
      if (!isLast) caches = readCaches(config, outputs, presentName);
    }
  } finally {
    cacheBudget.hold(scored, 0);
  }
  return scored;
}

/** Filled part by part. */
class RowScores implements ScoredRow {
  readonly logProbs: Float32Array;
  readonly alternatives?: TokenAlternatives[];
  policyVersion = 0;
  readonly #from: number;
  readonly #topLogProbs: number;

  constructor(length: number, from: number, topLogProbs: number) {
    this.logProbs = new Float32Array(length - from);
    this.#from = from;
    this.#topLogProbs = topLogProbs;
    if (topLogProbs > 0) this.alternatives = [];
  }

  /** Of the columns from `start` on, each of which scores the token behind it. */
  take(outputs: WireTensors, row: number, start: number, width: number, version: number): void {
    this.policyVersion = version;
    const logProbs_BS = float32sOf(outputs, 'log_probs');
    for (let column = Math.max(start, this.#from - 1); column < start + width; column++) {
      const place = column + 1 - this.#from;
      if (place >= this.logProbs.length) return;
      const at = row * width + column - start;
      this.logProbs[place] = logProbs_BS[at] as number;
      this.alternatives?.push(alternativesAt(outputs, logProbs_BS, at, this.#topLogProbs));
    }
  }
}

/** Tokens from `start` on, `width` a row, padded on the right with token 0. */
function tokenMatrix(rows: readonly ScoreRow[], start: number, width: number): WireTensor {
  const data = new BigInt64Array(rows.length * width);
  rows.forEach(({ tokens }, row) => {
    for (let column = 0; column < width && start + column < tokens.length; column++) {
      data[row * width + column] = BigInt(tokens[start + column] as number);
    }
  });
  return { type: 'int64', data, dims: [rows.length, width] };
}
