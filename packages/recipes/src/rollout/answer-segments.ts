/** How the segments of a completion are asked for, and what a sample says of them to the loss. */
import { invariant } from '@preheat/contracts';
import { type DrawnSegments, PER_TOKEN, type PolicyGradientSpec, type TokenRecord } from '@preheat/nn';
import { markerEnd, markerTokens, type Tokenizer } from '@preheat/tokenizer';
import type { AnswerSegment } from '../catalog/answer-segments.js';
import type { RolloutSample, RolloutSegment } from '../recipe.js';

/** @param temperature Of segments that name none. */
export function rolloutSegments(
  tokenizer: Pick<Tokenizer, 'decode' | 'encode'>,
  segments: readonly AnswerSegment[],
  temperature: number,
): RolloutSegment[] | null {
  if (segments.length === 0) return null;
  return segments.map(({ until, max_tokens: maxTokens, force = false, forks = 1, top_p: topP = 1, ...own }) => ({
    temperature: own.temperature ?? temperature,
    topP,
    forks,
    ...(maxTokens !== undefined && { maxTokens }),
    ...(until !== undefined && { isEnd: markerEnd(tokenizer, until) }),
    ...(force && until !== undefined && { forced: markerTokens(tokenizer, until) ?? [] }),
  }));
}

/**
 * Of each token of a sample, what it was drawn at and whether it is learned from: in one of its forks alone, where it is shared.
 * Null for a sample of one segment. @param repeated Tokens at its beginning that a fork before it holds.
 */
export function drawnSegments(
  sample: RolloutSample,
  segments: readonly AnswerSegment[],
  temperature: number,
  repeated: number,
): DrawnSegments | null {
  const { segmentNumbers: segment, forced } = sample;
  if (!segment) return null;
  const trained = segment.map((number) => Number(segments[number]?.trained ?? true));
  trained.fill(0, 0, repeated);
  const temperatures = Float32Array.from(segment, (number) => segments[number]?.temperature ?? temperature);
  return { segment, temperature: temperatures, trained, ...(forced && { forced }) };
}

/** Whether the policy drew a token of a sample, which has a log-probability under it only then. */
export const isDrawn = ({ forced }: { readonly forced?: Uint8Array | undefined }, token: number): boolean =>
  forced?.[token] !== 1;

/** What a loss of such completions is taken at: one temperature, a constant of its program, wherever that holds for all. */
export function policyTemperature(
  segments: readonly AnswerSegment[],
  temperature: number,
): PolicyGradientSpec['temperature'] {
  return segments.every((segment) => (segment.temperature ?? temperature) === temperature) ? temperature : PER_TOKEN;
}

/** What a trainer scores records at, whose loss is taken at `temperature`. */
export function scoringTemperature(
  records: readonly TokenRecord[],
  temperature: PolicyGradientSpec['temperature'],
): number | Float32Array[] {
  if (temperature !== PER_TOKEN) return temperature;
  return records.map((record) => {
    invariant(record.temperature, 'a loss with a temperature per token is of completions drawn in segments');
    return record.temperature;
  });
}
