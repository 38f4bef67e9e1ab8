/**
 * A batch between two calls of the generation graph: what to feed next, and how to read what came back. Rows are
 * padded on the left once, at the start; the padding stays in the cache and is masked by `padLengths_B` ever after.
 */
import { pastName, presentName } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { GenerateOptions } from './generation-types.js';
import type { WireTensor, WireTensors } from './graph-runner.js';

export interface DecodeBatch {
  readonly rows: number;
  /** int64 `[rows, columns]`: the prompts at first, each row's newest token later. */
  readonly tokenIds_BS: BigInt64Array;
  readonly padLengths_B: BigInt64Array;
  /** 1 for rows that have stopped. */
  readonly finished_B: Uint8Array;
  readonly past: WireTensors;
}

/** The batch before the first call. */
export function startBatch(config: DecoderConfig, prompts: readonly ArrayLike<number>[]): DecodeBatch {
  const rows = prompts.length;
  const columns = Math.max(...prompts.map(({ length }) => length));
  const padding = BigInt(config.pad_token_id ?? config.eos_token_id);
  const tokenIds_BS = new BigInt64Array(rows * columns).fill(padding);
  const padLengths_B = new BigInt64Array(rows);
  prompts.forEach((tokens, row) => {
    const padLength = columns - tokens.length;
    padLengths_B[row] = BigInt(padLength);
    const start = row * columns + padLength;
    for (let index = 0; index < tokens.length; index++) tokenIds_BS[start + index] = BigInt(tokens[index] as number);
  });
  const dims = [rows, config.num_key_value_heads, 0, config.head_dim];
  const empty: WireTensor = { type: 'float32', data: new Float32Array(0), dims };
  const past = Object.fromEntries(cacheNames(config, pastName).map((name) => [name, empty]));
  return { rows, tokenIds_BS, padLengths_B, finished_B: new Uint8Array(rows), past };
}

/** The batch after a call that fetched `continuationFetches`. */
export function continueBatch(config: DecoderConfig, batch: DecodeBatch, outputs: WireTensors): DecodeBatch {
  const { rows, padLengths_B } = batch;
  const tokens_NB = int64s(outputs, 'tokens');
  const present = cacheNames(config, presentName);
  const past = cacheNames(config, pastName).map((name, index) => [
    name,
    outputs[present[index] as string] as WireTensor,
  ]);
  return {
    rows,
    tokenIds_BS: tokens_NB.slice(tokens_NB.length - rows),
    padLengths_B,
    finished_B: (outputs['finished_out'] as WireTensor).data as Uint8Array,
    past: Object.fromEntries(past) as WireTensors,
  };
}

/** Extra outputs to fetch when the batch is to be continued. */
export function continuationFetches(config: DecoderConfig): string[] {
  return ['finished_out', ...cacheNames(config, presentName)];
}

/**
 * Below it the most probable token is drawn all the same, and float32 would make 0 of it, or infinity of its inverse: no token
 * would be left, or no finite logit.
 */
const LEAST_IN_FLOAT32 = 1e-6;

/** @param uniforms_BN one array of uniforms a row, as long as the number of tokens wanted from this call. */
export function batchFeeds(
  config: DecoderConfig,
  batch: DecodeBatch,
  uniforms_BN: readonly Float32Array[],
  { temperature = 1, topP = 1, stopIds = [config.eos_token_id] }: GenerateOptions,
): WireTensors {
  const { rows } = batch;
  const stops = stopIds.length > 0 ? BigInt64Array.from(stopIds, BigInt) : BigInt64Array.of(-1n);
  return {
    ...batch.past,
    input_ids: { type: 'int64', data: batch.tokenIds_BS, dims: [rows, batch.tokenIds_BS.length / rows] },
    pad_lengths: { type: 'int64', data: batch.padLengths_B, dims: [rows] },
    finished: { type: 'bool', data: batch.finished_B, dims: [rows] },
    uniforms: transposed(uniforms_BN),
    inverse_temperature: scalar(temperature === 0 ? 1 : 1 / Math.max(temperature, LEAST_IN_FLOAT32)),
    top_p: scalar(Math.max(topP, LEAST_IN_FLOAT32)),
    greedy: { type: 'bool', data: Uint8Array.of(temperature === 0 ? 1 : 0), dims: [] },
    stop_ids: { type: 'int64', data: stops, dims: [stops.length] },
  };
}

export function float32s(outputs: WireTensors, name: string): Float32Array {
  return (outputs[name] as WireTensor).data as Float32Array;
}

export function int64s(outputs: WireTensors, name: string): BigInt64Array {
  return (outputs[name] as WireTensor).data as BigInt64Array;
}

function cacheNames(config: DecoderConfig, nameOf: (layer: number, part: 'key' | 'value') => string): string[] {
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) => layer);
  return layers.flatMap((layer) => [nameOf(layer, 'key'), nameOf(layer, 'value')]);
}

function transposed(rows_BN: readonly Float32Array[]): WireTensor {
  const rows = rows_BN.length;
  const count = rows_BN[0]?.length ?? 0;
  const data = new Float32Array(rows * count);
  rows_BN.forEach((values, row) => {
    for (let index = 0; index < count; index++) data[index * rows + row] = values[index] as number;
  });
  return { type: 'float32', data, dims: [count, rows] };
}

export function scalar(value: number): WireTensor {
  return { type: 'float32', data: Float32Array.of(value), dims: [] };
}
