/** Log-probabilities of given tokens, for comparing policies and for checking what sampling recorded. */
import type { DecoderConfig } from '@preheat/contracts';
import { checkTokens } from './check-generation.js';
import { float32sOf, scalar } from './wire-tensors.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import { spreadOver } from './spread-over.js';
import type { RunResult, WireTensor, WireTensors } from './graph-runner.js';
import { planMicroBatches } from './micro-batches.js';

/** Rows per scoring call: logits of every position are in memory at once, unlike in generation. */
export const MAX_SCORED_ROWS_PER_CALL = 16;
/** Logits of one call, half a gigabyte of them; a single row may have more. */
const MAX_LOGITS_PER_CALL = 2 ** 27;

export interface ScoreRow {
  readonly tokens: ArrayLike<number>;
  /** Index of the first token to score; at least 1, because the first token has nothing before it. */
  readonly from: number;
}

export interface ScoreOptions {
  /** Temperature applied to the logits before normalising. Default 1. */
  readonly temperature?: number;
  /** Name of the adapter that changes the model. Default: none. */
  readonly adapter?: string;
  readonly signal?: AbortSignal;
}

export interface ScoredRow {
  /** Log-probability of `tokens[from + i]` given everything before it. */
  readonly logProbs: Float32Array;
  readonly policyVersion: number;
}

/** @throws RangeError for a row that does not fit the model or has nothing to score. */
export async function scoreRows(
  graphs: DecoderGraphs,
  rows: readonly ScoreRow[],
  options: ScoreOptions = {},
): Promise<ScoredRow[]> {
  const { temperature = 1, signal, adapter = null } = options;
  if (!(temperature > 0)) throw new RangeError(`temperature must be above 0 for scoring, got ${temperature}`);
  rows.forEach((row, index) => {
    checkRow(graphs, row, index);
  });
  if (adapter !== null && !graphs.hasAdapter(adapter)) throw new RangeError(`there is no adapter ${adapter}`);
  const graph = await graphs.ensure('score', adapter);
  const lengths = rows.map(({ tokens }) => tokens.length);
  const calls = planMicroBatches(lengths, graphs.runners.length, rowsPerCall(graphs.config, lengths));
  const results = new Array<ScoredRow>(rows.length);
  await spreadOver(graphs.runners, calls, async (runner, indices) => {
    signal?.throwIfAborted();
    const some = indices.map((index) => rows[index] as ScoreRow);
    const { feeds, columns } = scoreFeeds(some, temperature);
    const scored = readScores(some, columns, await runner.run(graph, feeds, ['log_probs'], { adapter }));
    indices.forEach((index, row) => {
      results[index] = scored[row] as ScoredRow;
    });
  });
  return results;
}

/** As many as fit, were all as long as the longest. */
export function rowsPerCall({ vocab_size }: Pick<DecoderConfig, 'vocab_size'>, lengths: readonly number[]): number {
  const fitting = Math.floor(MAX_LOGITS_PER_CALL / (vocab_size * Math.max(1, ...lengths)));
  return Math.max(1, Math.min(MAX_SCORED_ROWS_PER_CALL, fitting));
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
function scoreFeeds(rows: readonly ScoreRow[], temperature: number): { feeds: WireTensors; columns: number } {
  const columns = Math.max(...rows.map(({ tokens }) => tokens.length)) - 1;
  const feeds = {
    input_ids: tokenMatrix(rows, columns, 0),
    targets: tokenMatrix(rows, columns, 1),
    inverse_temperature: scalar(1 / temperature),
  };
  return { feeds, columns };
}

function readScores(rows: readonly ScoreRow[], columns: number, { outputs, version }: RunResult): ScoredRow[] {
  const logProbs_BS = float32sOf(outputs, 'log_probs');
  return rows.map(({ tokens, from }, row) => ({
    logProbs: logProbs_BS.slice(row * columns + from - 1, row * columns + tokens.length - 1),
    policyVersion: version,
  }));
}

/** Tokens from `shift` on, `columns` a row, padded on the right with token 0. */
function tokenMatrix(rows: readonly ScoreRow[], columns: number, shift: number): WireTensor {
  const data = new BigInt64Array(rows.length * columns);
  rows.forEach(({ tokens }, row) => {
    for (let column = 0; column < tokens.length - 1; column++) {
      data[row * columns + column] = BigInt(tokens[column + shift] as number);
    }
  });
  return { type: 'int64', data, dims: [rows.length, columns] };
}
