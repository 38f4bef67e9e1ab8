/** How every row of a batch chooses its tokens, as inputs of a decoding graph; rows may differ in all of it. */
import type { DecodeForm } from '@preheat/checkpoints';
import type { DecodingRow } from './decoding-row.js';
import type { WireTensor, WireTensors } from './graph-runner.js';
import { float32, float32Column, int64s } from './wire-tensors.js';

/**
 * Below it the most probable token is drawn all the same, and float32 would make 0 of it, or infinity of its inverse: no token
 * would be left, or no finite logit.
 */
const LEAST_IN_FLOAT32 = 1e-6;

/** Added to a logit: its probability is then 0 beside any other, and it stays finite. */
const FORBIDDEN = -1e30;

/** The cheapest form that does what every row asks for. */
export function decodeForm(rows: readonly DecodingRow[]): DecodeForm {
  if (rows.some(({ options }) => options.topLogProbs > 0)) return 'decode-top';
  return rows.some((row) => row.place !== null || isFiltered(row)) ? 'decode-filtered' : 'decode';
}

function isFiltered({ options }: DecodingRow): boolean {
  const { temperature, topP, topK, presencePenalty, frequencyPenalty, repetitionPenalty = 1, logitBias = {} } = options;
  const isNarrowed = temperature > 0 && (topP < 1 || topK !== undefined);
  const isPenalised = Boolean(presencePenalty) || Boolean(frequencyPenalty) || repetitionPenalty !== 1;
  return isNarrowed || isPenalised || Object.keys(logitBias).length > 0;
}

/** @param count tokens to draw. */
export function settingFeeds(
  rows: readonly DecodingRow[],
  form: DecodeForm,
  count: number,
  vocabulary: number,
): WireTensors {
  const options = rows.map((row) => row.options);
  const feeds = {
    uniforms: uniforms(rows, count),
    stop_ids: stopIds(rows),
    inverse_temperatures: float32Column(
      options.map(({ temperature }) => (temperature === 0 ? 1 : 1 / Math.max(temperature, LEAST_IN_FLOAT32))),
    ),
    greedy: greedyRows(rows),
  };
  if (form === 'decode') return feeds;
  const isDrawn = (row: number): boolean => options[row]?.temperature !== 0;
  return {
    ...feeds,
    top_k: int64s(
      options.map(({ topK }, row) => (isDrawn(row) ? Math.min(topK ?? vocabulary, vocabulary) : vocabulary)),
      1,
    ),
    untruncated: {
      type: 'bool',
      data: Uint8Array.from(rows, (row) => Number(row.isUntruncated)),
      dims: [rows.length, 1],
    },
    top_p: float32Column(options.map(({ topP }, row) => (isDrawn(row) ? Math.max(topP, LEAST_IN_FLOAT32) : 1))),
    presence_penalties: float32Column(options.map(({ presencePenalty }) => presencePenalty ?? 0)),
    frequency_penalties: float32Column(options.map(({ frequencyPenalty }) => frequencyPenalty ?? 0)),
    repetition_penalties: float32Column(options.map(({ repetitionPenalty }) => repetitionPenalty ?? 1)),
    biases: table(rows, vocabulary, ({ options: { logitBias = {} }, place, isOver }, at) => {
      for (const [id, bias] of Object.entries(logitBias)) at[Number(id)] = bias;
      if (!place || isOver) return;
      const { allowed } = place;
      for (let id = 0; id < vocabulary; id++) if (allowed[id] !== 1) at[id] = FORBIDDEN;
    }),
    prompt_seen: table(rows, vocabulary, ({ prompt }, at) => {
      for (const token of prompt) at[token] = 1;
    }),
    counts: table(rows, vocabulary, ({ answer }, at) => {
      for (const token of answer) at[token] = (at[token] ?? 0) + 1;
    }),
  };
}

/** `[count, rows, 1]`. */
function uniforms(rows: readonly DecodingRow[], count: number): WireTensor {
  const data = new Float32Array(count * rows.length);
  rows.forEach((row, index) => {
    if (row.isOver || row.options.temperature === 0) return;
    row.uniforms(count).forEach((value, token) => {
      data[token * rows.length + index] = value;
    });
  });
  return float32(data, [count, rows.length, 1]);
}

/** `[rows, stops]`, filled with -1, which is no token. */
function stopIds(rows: readonly DecodingRow[]): WireTensor {
  const width = Math.max(1, ...rows.map((row) => row.stopIds.length));
  const ids = rows.flatMap((row) => [...row.stopIds, ...new Array<number>(width - row.stopIds.length).fill(-1)]);
  return { type: 'int64', data: BigInt64Array.from(ids, BigInt), dims: [rows.length, width] };
}

function greedyRows(rows: readonly DecodingRow[]): WireTensor {
  const data = Uint8Array.from(rows, ({ options }) => (options.temperature === 0 ? 1 : 0));
  return { type: 'bool', data, dims: [rows.length, 1] };
}

/** `[rows, vocabulary]`, zero but for what `fill` writes. */
function table(
  rows: readonly DecodingRow[],
  vocabulary: number,
  fill: (row: DecodingRow, at: Float32Array) => void,
): WireTensor {
  const data = new Float32Array(rows.length * vocabulary);
  rows.forEach((row, index) => {
    fill(row, data.subarray(index * vocabulary, (index + 1) * vocabulary));
  });
  return float32(data, [rows.length, vocabulary]);
}
