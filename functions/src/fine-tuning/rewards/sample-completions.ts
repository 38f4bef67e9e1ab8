/**
 * Answers of the model that a job starts from, for the dry run of its grader: within a stated budget of memory and time,
 * or else not at all, and then with the reason. A process without the model runtime says so too.
 */
import { callableFunctions, type DecoderConfig, endTokenIds, parameterCount } from '@preheat/contracts';
import { answeredSample, type GraderSample } from '@preheat/graders';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { Clock, Log } from '@preheat/ports';
import { type DecoderServing, isMissingRuntime, type ServedModel } from '../../serving/decoder-serving.js';
import { releaseLate } from '../../serving/release-late.js';
import { readCalls, wholeAnswer } from '@preheat/tokenizer';
import type { SampledRow } from '../data/examine-file.js';
import { inBytes } from '../estimate/objections.js';
import { timeLimit, withinLimit } from '../../serving/time-limit.js';

export interface SamplingRequest {
  readonly rows: readonly SampledRow[];
  readonly completionsPerRow: number;
  readonly maxCompletionTokens: number;
  readonly maxSequenceLength: number;
  readonly temperature: number;
  readonly seed: number;
}

export type Sampled =
  /** The completions of each row. */
  | { readonly ok: true; readonly answers: readonly (readonly GraderSample[])[] }
  | { readonly ok: false; readonly reason: string };

/** The weights and one copy of them. */
export const SAMPLING_BYTES = 512_000_000;
export const SAMPLING_MS = 8_000;
const BYTES_PER_WEIGHT = 4;

export interface SamplingDependencies {
  readonly decoders: DecoderServing;
  readonly clock: Clock;
  readonly log: Log;
}

export async function sampleCompletions(
  { decoders, clock, log }: SamplingDependencies,
  model: ModelDescription,
  request: SamplingRequest,
): Promise<Sampled> {
  const bytes = 2 * BYTES_PER_WEIGHT * parameterCount(model.config);
  if (bytes > SAMPLING_BYTES) {
    const limit = `${inBytes(SAMPLING_BYTES)} are the budget of a preflight`;
    return { ok: false, reason: `the model takes ${inBytes(bytes)} to sample from, and ${limit}` };
  }
  const { signal, end } = timeLimit(clock, SAMPLING_MS);
  const opening = decoders.acquire(model.record);
  try {
    const opened = await withinLimit(opening, signal);
    return { ok: true, answers: await generate(opened, request, signal) };
  } catch (error) {
    if (signal.aborted) return { ok: false, reason: `the model did not answer within ${SAMPLING_MS / 1000} s` };
    if (error instanceof Error && error.name === 'NonFiniteLogitsError') return { ok: false, reason: error.message };
    if (isMissingRuntime(error)) return { ok: false, reason: 'this process has no model runtime' };
    throw error;
  } finally {
    end();
    // Also a model that was opened too late.
    releaseLate(opening, log);
  }
}

async function generate(
  { decoder, tokenizer, config }: ServedModel,
  request: SamplingRequest,
  signal: AbortSignal,
): Promise<GraderSample[][]> {
  const { rows: asked, completionsPerRow, temperature, seed } = request;
  const requests = asked.flatMap(({ tokens }, row) =>
    Array.from({ length: completionsPerRow }, (_, index) => ({ tokens, key: `${row}-${index}` })),
  );
  const maxNewTokens = roomFor(request, config);
  const stopIds = endTokenIds(config);
  const rows = await decoder.generate(requests, { maxNewTokens, temperature, topP: 1, seed, stopIds, signal });
  return asked.map(({ row, prefix }, index) => {
    const callable = callableFunctions(row);
    const own = rows.slice(index * completionsPerRow, (index + 1) * completionsPerRow);
    return own.map(({ tokens, finishReason }) =>
      answeredSample({ ...readCalls(tokenizer, wholeAnswer(prefix, tokens), callable), finishReason }),
    );
  });
}

/** As in training: what the longest prompt leaves. */
function roomFor({ rows, maxCompletionTokens, maxSequenceLength }: SamplingRequest, config: DecoderConfig): number {
  const longest = rows.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  const context = Math.min(maxSequenceLength, config.max_position_embeddings);
  return Math.max(1, Math.min(maxCompletionTokens, context - longest));
}
