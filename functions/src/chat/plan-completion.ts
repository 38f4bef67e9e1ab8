/** From a request to what the decoder needs, with every limit checked before the model is loaded. */
import {
  ApiError,
  type ChatCompletionRequest,
  endTokenIds,
  type ModelRecord,
  type ResponseFormat,
} from '@preheat/contracts';
import type { GenerateOptions, GenerateRequest } from '@preheat/inference';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { type ChatMessage, type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import { planTools, type ToolPlan } from './plan-tools.js';
import { type ConstrainingFields, responseConstraint } from './response-format.js';

/** Answers to be decoded: one request a choice, all with the same options. */
export interface AnswerPlan {
  readonly record: ModelRecord;
  readonly tokenizer: Tokenizer;
  readonly requests: readonly GenerateRequest[];
  /** Of each prompt, one behind the other. */
  readonly choicesPerPrompt: number;
  /** Of all prompts, each counted once however many choices it has. */
  readonly promptTokens: number;
  readonly stops: readonly string[];
  readonly options: GenerateOptions;
  /** Null when no log-probabilities were asked for; else the number of alternatives a token. */
  readonly topLogProbs: number | null;
  /** Control tokens that are part of the text. */
  readonly kept?: readonly number[];
  /** What to blame where the model cannot go on. */
  readonly constrainedBy?: string;
}

export interface CompletionPlan extends AnswerPlan {
  readonly returnsTokenIds: boolean;
  /** Null where no tool may be called. */
  readonly tools: ToolPlan | null;
}

/** What chat and text completions ask of the decoder in the same words. */
export type SamplingRequest = Pick<
  ChatCompletionRequest,
  'temperature' | 'top_p' | 'frequency_penalty' | 'presence_penalty' | 'logit_bias' | 'seed'
>;

/** @throws ApiError `context_length_exceeded` or `invalid_request`. */
export function planCompletion(model: ModelDescription, request: ChatCompletionRequest, seed: number): CompletionPlan {
  const tools = planTools(model, request);
  refuseOverlong(model, charactersOf(request.messages), 'messages');
  const tokens = encodePrompt(model.tokenizer, request.messages, tools);
  const maxNewTokens = completionLimit(request, tokens.length, model.config.max_position_embeddings);
  const wantsLogProbs = request.logprobs === true;
  if (!wantsLogProbs && (request.top_logprobs ?? 0) > 0) {
    throw new ApiError('invalid_request', "'top_logprobs' needs 'logprobs' to be true.", { param: 'top_logprobs' });
  }
  const topLogProbs = wantsLogProbs ? (request.top_logprobs ?? 0) : null;
  return {
    record: model.record,
    tokenizer: model.tokenizer,
    // Each choice draws its own randomness from the one seed.
    requests: Array.from({ length: request.n ?? 1 }, (_, index) => ({ tokens, key: `choice-${index}` })),
    choicesPerPrompt: request.n ?? 1,
    promptTokens: tokens.length,
    stops: stopSequences(request.stop),
    options: {
      maxNewTokens,
      ...generateOptions(model, request, topLogProbs, seed),
      ...answerConstraint(model, tools, request.response_format),
    },
    topLogProbs,
    ...(tools ? { kept: tools.markers.ids, constrainedBy: 'tools' } : {}),
    returnsTokenIds: request.return_token_ids === true,
    tools,
  };
}

export const stopSequences = (stop: ChatCompletionRequest['stop']): string[] => [stop ?? []].flat();

/** @throws ApiError for a bias of what is no token of the model. */
export function generateOptions(
  { config }: ModelDescription,
  request: SamplingRequest,
  topLogProbs: number | null,
  seed: number,
): Omit<GenerateOptions, 'maxNewTokens'> {
  return {
    ...samplingOptions(request.temperature, request.top_p),
    frequencyPenalty: request.frequency_penalty ?? 0,
    presencePenalty: request.presence_penalty ?? 0,
    logitBias: logitBias(request.logit_bias ?? {}, config.vocab_size),
    seed: request.seed ?? seed,
    stopIds: endTokenIds(config),
    // One alternative at least: only then does the runtime report the model's own log-probability.
    topLogProbs: topLogProbs === null ? 0 : Math.max(1, topLogProbs),
  };
}

/** A nucleus of mass 0 holds the most probable token only, which is greedy decoding. */
export function samplingOptions(
  temperature: number | null | undefined,
  topP: number | null | undefined,
): { temperature: number; topP: number } {
  if (topP === 0) return { temperature: 0, topP: 1 };
  return { temperature: temperature ?? 1, topP: topP ?? 1 };
}

/** @throws ApiError for a key that is no token of the model. */
function logitBias(biases: Readonly<Record<string, number>>, vocabulary: number): Record<number, number> {
  const foreign = Object.keys(biases).find((key) => !/^\d+$/.test(key) || Number(key) >= vocabulary);
  if (foreign === undefined) return biases;
  const message = `'logit_bias' takes token ids of the model, from 0 to ${vocabulary - 1}, got '${foreign}'.`;
  throw new ApiError('invalid_request', message, { param: 'logit_bias' });
}

/** What answers are held to: where tools may be called, their plan has the format in it. @throws ApiError. */
export function answerConstraint(
  model: ModelDescription,
  tools: ToolPlan | null,
  format: ResponseFormat | null | undefined,
  fields?: ConstrainingFields,
): Pick<GenerateOptions, 'constraint'> {
  if (!tools) return responseConstraint(model, format, fields);
  return tools.constraint ? { constraint: tools.constraint } : {};
}

function encodePrompt(tokenizer: Tokenizer, messages: readonly ChatMessage[], tools: ToolPlan | null): Int32Array {
  try {
    return promptTokens(tokenizer, messages, tools);
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    const param = error.message.startsWith('tools[') ? 'tools' : 'messages';
    throw new ApiError('invalid_request', error.message, { param });
  }
}

/** The conversation, and of a call that is forced its beginning. @throws TokenizerError. */
export function promptTokens(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  tools: ToolPlan | null,
): Int32Array {
  if (!tools) return tokenizer.encodePrompt(messages);
  const prompt = tokenizer.encodePrompt(messages, { tools: tools.tools });
  return Int32Array.from([...prompt, ...tokenizer.encode(tools.opening)]);
}

function completionLimit(request: ChatCompletionRequest, promptTokens: number, contextTokens: number): number {
  const room = contextTokens - promptTokens;
  const asked = request.max_completion_tokens ?? request.max_tokens ?? null;
  if (room >= 1 && (asked ?? 1) <= room) return asked ?? room;
  refuseLength(contextTokens, promptTokens, asked, room < 1 ? 'messages' : 'max_completion_tokens');
}

/** No vocabulary has longer tokens: the longest of large ones are runs of spaces. */
const MAX_CHARACTERS_PER_TOKEN = 256;

/** Refuses a text before it is tokenised, which takes seconds for what no context holds. @throws ApiError `context_length_exceeded`. */
export function refuseOverlong({ config }: ModelDescription, characters: number, param: string): void {
  const context = config.max_position_embeddings;
  if (characters <= context * MAX_CHARACTERS_PER_TOKEN) return;
  const message = `The model holds ${context} tokens; a text of ${characters} characters has more.`;
  throw new ApiError('context_length_exceeded', message, { param });
}

const charactersOf = (messages: ChatCompletionRequest['messages']): number =>
  messages.reduce((sum, { content }) => {
    const parts = typeof content === 'string' ? [content] : (content ?? []).map(({ text }) => text);
    return sum + parts.reduce((length, text) => length + text.length, 0);
  }, 0);

/** @throws ApiError `context_length_exceeded`. */
export function refuseLength(context: number, promptTokens: number, asked: number | null, param: string): never {
  const wanted = asked === null ? '' : ` and asks for ${asked} more`;
  const message = `The model holds ${context} tokens; the prompt has ${promptTokens}${wanted}.`;
  throw new ApiError('context_length_exceeded', message, { param });
}
