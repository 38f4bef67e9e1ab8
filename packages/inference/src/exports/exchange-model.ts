/**
 * The graph of a transformers.js export, run as transformers.js runs it: rows padded on the left, the cache handed back and
 * forth, the default optimisations of ONNX Runtime.
 */
import '../no-telemetry.js';
import { type DecoderConfig, endTokenIds } from '@preheat/contracts';
import * as ort from 'onnxruntime-node';
import type { ComparableModel } from './comparable-model.js';

export async function exchangeModel(config: DecoderConfig, graph: Uint8Array): Promise<ComparableModel> {
  const session = await ort.InferenceSession.create(graph, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const run = new ExchangeGraph(config, session);
  return {
    score: async (rows) => {
      const all: Float32Array[] = [];
      for (const row of rows) all.push(await run.score(row));
      return all;
    },
    greedy: (prompts, maxNewTokens) => run.greedy(prompts, maxNewTokens),
    close: () => session.release(),
  };
}

type Cache = Record<string, ort.Tensor>;

class ExchangeGraph {
  readonly #config: DecoderConfig;
  readonly #session: ort.InferenceSession;
  readonly #endTokens: ReadonlySet<number>;

  constructor(config: DecoderConfig, session: ort.InferenceSession) {
    this.#config = config;
    this.#session = session;
    this.#endTokens = new Set(endTokenIds(config));
  }

  async score(row: Int32Array): Promise<Float32Array> {
    const { logits } = await this.#step([[...row]], [row.length], this.#emptyCache(1));
    const vocabulary = this.#config.vocab_size;
    return Float32Array.from({ length: row.length - 1 }, (_, column) => {
      const start = column * vocabulary;
      return logProbability(logits.subarray(start, start + vocabulary), row[column + 1] as number);
    });
  }

  async greedy(prompts: readonly Int32Array[], maxNewTokens: number): Promise<Int32Array[]> {
    const columns = Math.max(...prompts.map(({ length }) => length));
    const lengths = prompts.map(({ length }) => length);
    let input = prompts.map((prompt) => [...new Array<number>(columns - prompt.length).fill(0), ...prompt]);
    let cache = this.#emptyCache(prompts.length);
    const written: number[][] = prompts.map(() => []);
    for (let count = 0; count < maxNewTokens; count++) {
      const step = await this.#step(input, lengths, cache);
      cache = step.cache;
      input = written.map((tokens, row) => {
        const token = this.#mostProbable(step.logits, (row + 1) * (step.logits.length / written.length));
        if (!this.#endTokens.has(tokens.at(-1) ?? -1)) tokens.push(token);
        return [token];
      });
      for (let row = 0; row < lengths.length; row++) lengths[row] = (lengths[row] as number) + 1;
    }
    return written.map((tokens) => Int32Array.from(tokens));
  }

  /** @param lengths_B Tokens of each row up to and with `input`; what is before them is padding. */
  async #step(input_BS: readonly number[][], lengths_B: readonly number[], cache: Cache) {
    const rows = input_BS.length;
    const columns = (input_BS[0] as number[]).length;
    const past = cache['past_key_values.0.key']?.dims[2] ?? 0;
    const total = past + columns;
    const matrix = (width: number, value: (row: number, column: number) => number) =>
      new ort.Tensor(
        'int64',
        BigInt64Array.from({ length: rows * width }, (_, i) => BigInt(value(Math.floor(i / width), i % width))),
        [rows, width],
      );
    const padding = (row: number) => total - (lengths_B[row] as number);
    const result = await this.#session.run({
      ...cache,
      input_ids: matrix(columns, (row, column) => (input_BS[row] as number[])[column] as number),
      attention_mask: matrix(total, (row, column) => (column < padding(row) ? 0 : 1)),
      position_ids: matrix(columns, (row, column) => Math.max(past + column - padding(row), 0)),
    });
    const present = Object.keys(cache).map((name) => [name, result[name.replace('past_key_values', 'present')]]);
    return {
      logits: (result['logits'] as ort.Tensor).data as Float32Array,
      cache: Object.fromEntries(present) as Cache,
    };
  }

  #emptyCache(rows: number): Cache {
    const { num_key_value_heads: heads, head_dim: width, num_hidden_layers: layers } = this.#config;
    const names = Array.from({ length: layers }, (_, layer) => [
      `past_key_values.${layer}.key`,
      `past_key_values.${layer}.value`,
    ]);
    const empty = () => new ort.Tensor('float32', new Float32Array(0), [rows, heads, 0, width]);
    return Object.fromEntries(names.flat().map((name) => [name, empty()]));
  }

  /** Of the distribution whose logits end at `end`. */
  #mostProbable(logits: Float32Array, end: number): number {
    const last = logits.subarray(end - this.#config.vocab_size, end);
    return last.reduce((best, logit, token) => (logit > (last[best] as number) ? token : best), 0);
  }
}

function logProbability(logits: Float32Array, token: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return (logits[token] as number) - largest - Math.log(sum);
}
