/** Checks of what callers pass to generation, before any computation, each naming the row or option that is wrong. */
import type { DecoderConfig } from '@preheat/contracts';
import { type AnswerSegment, MAX_SEGMENTS, rowsOfEach } from './answer-segments.js';
import type { GenerateOptions, GenerateRequest, WatchedOptions } from './generation-types.js';
import { NoTokenAllowedError } from './no-token-allowed-error.js';
import type { RepetitionLimit } from './repetition-watch.js';

/** Most continuations of one beginning. */
export const MAX_FORKS = 256;

/** Most alternatives a token can report; the graph's top-k is this wide. */
export const MAX_TOP_LOG_PROBS = 20;

/** @throws RangeError for an option outside its range. */
export function checkOptions(config: DecoderConfig, options: WatchedOptions): void {
  const { maxNewTokens, temperature = 1, topP = 1, seed, stopIds = [], topLogProbs = 0 } = options;
  require(Number.isInteger(maxNewTokens) && maxNewTokens >= 1, 'maxNewTokens', 'a positive integer', maxNewTokens);
  require(temperature >= 0 && temperature <= 100, 'temperature', 'between 0 and 100', temperature);
  require(topP > 0 && topP <= 1, 'topP', 'above 0 and at most 1', topP);
  require(Number.isSafeInteger(seed) && seed >= 0, 'seed', 'a non-negative integer', seed);
  checkTopLogProbs(config, topLogProbs);
  checkFilters(config, options);
  if (options.repetition) checkRepetition(options.repetition);
  if (options.segments) checkSegments(config, options, options.segments);
  if (options.constraint && !options.constraint.start.allowed.includes(1)) throw new NoTokenAllowedError(0);
  for (const id of stopIds) require(isTokenId(config, id), 'stopIds', tokenRange(config), id);
}

/** @throws RangeError. */
export function checkTopLogProbs(config: DecoderConfig, topLogProbs: number): void {
  const most = Math.min(MAX_TOP_LOG_PROBS, config.vocab_size);
  const isValid = Number.isInteger(topLogProbs) && topLogProbs >= 0 && topLogProbs <= most;
  require(isValid, 'topLogProbs', `an integer from 0 to ${most}`, topLogProbs);
}

function checkRepetition({ maxPattern, count }: RepetitionLimit): void {
  require(Number.isInteger(maxPattern) && maxPattern >= 1, 'repetition.maxPattern', 'a positive integer', maxPattern);
  require(Number.isInteger(count) && count >= 2, 'repetition.count', 'an integer of at least 2', count);
}

function checkSegments(config: DecoderConfig, options: WatchedOptions, segments: readonly AnswerSegment[]): void {
  const { length } = segments;
  if (options.constraint) throw new RangeError('segments go with no constraint, which would span them: leave one out');
  require(length >= 1 && length <= MAX_SEGMENTS, 'segments', `1 to ${MAX_SEGMENTS} of them`, length);
  segments.forEach((segment, number) => {
    const { temperature = 1, topP = 1, maxTokens = 1, forks = 1, forced } = segment;
    const at = `segments[${number}]`;
    require(temperature >= 0 && temperature <= 100, `${at}.temperature`, 'between 0 and 100', temperature);
    require(topP > 0 && topP <= 1, `${at}.topP`, 'above 0 and at most 1', topP);
    require(Number.isInteger(maxTokens) && maxTokens >= 1, `${at}.maxTokens`, 'a positive integer', maxTokens);
    if (forced && segment.maxTokens === undefined)
      throw new RangeError(`${at}.forced needs maxTokens, at which they follow`);
    for (const id of forced ?? []) require(isTokenId(config, id), `${at}.forced`, tokenRange(config), id);
    const most = number + 1 < length ? MAX_FORKS : 1;
    const isCount = Number.isInteger(forks) && forks >= 1 && forks <= most;
    require(isCount, `${at}.forks`, most === 1 ? '1, as nothing follows the last segment' : `from 1 to ${most}`, forks);
  });
  if (segments.some(({ forced }) => forced) && (options.topLogProbs ?? 0) > 0)
    throw new RangeError('forced tokens have no alternatives: leave topLogProbs out');
  checkForks(options, segments.filter(({ forks = 1 }) => forks > 1).length);
}

/** A fork takes the answer so far for a part of its prompt, which whatever looks at the answer as such does not. */
function checkForks(options: WatchedOptions, forked: number): void {
  require(forked <= 1, 'segments with forks', 'one at most', forked);
  const { presencePenalty = 0, frequencyPenalty = 0, topLogProbs = 0 } = options;
  const isPlain = presencePenalty === 0 && frequencyPenalty === 0 && topLogProbs === 0;
  if (forked > 0 && !isPlain)
    throw new RangeError('forks go with no presencePenalty, frequencyPenalty and topLogProbs: leave them out');
}

function checkFilters(config: DecoderConfig, options: GenerateOptions): void {
  const { topK = 1, presencePenalty = 0, frequencyPenalty = 0, repetitionPenalty = 1, logitBias = {} } = options;
  require(Number.isInteger(topK) && topK >= 1, 'topK', 'a positive integer', topK);
  const isPenalty = (value: number): boolean => value >= -2 && value <= 2;
  require(isPenalty(presencePenalty), 'presencePenalty', 'between -2 and 2', presencePenalty);
  require(isPenalty(frequencyPenalty), 'frequencyPenalty', 'between -2 and 2', frequencyPenalty);
  const isFactor = repetitionPenalty > 0 && repetitionPenalty <= 100;
  require(isFactor, 'repetitionPenalty', 'above 0 and at most 100', repetitionPenalty);
  for (const [id, bias] of Object.entries(logitBias)) {
    require(isTokenId(config, Number(id)), 'a token of logitBias', tokenRange(config), id);
    require(bias >= -100 && bias <= 100, `logitBias of token ${id}`, 'between -100 and 100', bias);
  }
}

/** @throws RangeError for an empty prompt, a foreign token, or a row longer than the model's positions. */
export function checkRequests(
  config: DecoderConfig,
  requests: readonly GenerateRequest[],
  options: WatchedOptions,
): void {
  const isForked = rowsOfEach(options.segments) > 1;
  requests.forEach(({ tokens, until, options: own }, row) => {
    checkTokens(config, tokens, `row ${row}`);
    if (until && isForked)
      throw new RangeError(`row ${row}: forks go with no until, which would see several rows as one`);
    if (own) checkOptions(config, { ...options, ...own });
    const { maxNewTokens } = { ...options, ...own };
    const total = tokens.length + maxNewTokens;
    if (total <= config.max_position_embeddings) return;
    throw new RangeError(
      `row ${row}: ${tokens.length} prompt tokens and ${maxNewTokens} new ones exceed the model's ${config.max_position_embeddings} positions`,
    );
  });
}

/** @throws RangeError unless `tokens` holds at least one token and only tokens of the vocabulary. */
export function checkTokens(config: DecoderConfig, tokens: ArrayLike<number>, where: string): void {
  if (tokens.length === 0) throw new RangeError(`${where}: needs at least one token`);
  for (let position = 0; position < tokens.length; position++) {
    const id = tokens[position] as number;
    require(isTokenId(config, id), `${where}, token ${position}`, tokenRange(config), id);
  }
}

function isTokenId(config: DecoderConfig, id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < config.vocab_size;
}

function tokenRange(config: DecoderConfig): string {
  return `a token id from 0 to ${config.vocab_size - 1}`;
}

function require(condition: boolean, what: string, expected: string, got: unknown): void {
  if (!condition) throw new RangeError(`${what} must be ${expected}, got ${String(got)}`);
}
