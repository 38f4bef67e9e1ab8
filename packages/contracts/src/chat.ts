/** Chat completions: the request fields served now, the buffered answer and the streamed chunk. */
import Type, { type Static } from 'typebox';
import { ChatToolCall, TOOL_FIELDS } from './chat-tools.js';
import { Count, Id, Metadata, ModelName, Nullable, OneOf, Seed, UnixSeconds } from './primitives.js';

const TextPart = Type.Object({ type: Type.Literal('text'), text: Type.String({ maxLength: 200_000 }) });

const Content = Type.Union([
  Type.String({ maxLength: 200_000 }),
  Type.Array(TextPart, { minItems: 1, maxItems: 64 }),
  Type.Null(),
]);

/** Which fields a role needs is checked where the message is tokenised. */
export const ChatRequestMessage = Type.Object({
  role: OneOf(['developer', 'system', 'user', 'assistant', 'tool']),
  /** May be null, or left out, where an assistant message has calls. */
  content: Type.Optional(Content),
  name: Type.Optional(Type.String({ maxLength: 64 })),
  tool_calls: Type.Optional(Nullable(Type.Array(ChatToolCall, { maxItems: 128 }))),
  /** Of a tool message: the call that its content is the result of. */
  tool_call_id: Type.Optional(Type.String({ maxLength: 128 })),
});
export type ChatRequestMessage = Static<typeof ChatRequestMessage>;

const Stop = Type.Union([
  Type.String({ minLength: 1, maxLength: 64 }),
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 4 }),
]);

/** Of OpenAI's API: 2 makes a token that was said once hardly ever come again, negative values invite repetition. */
const Penalty = Type.Optional(Nullable(Type.Number({ minimum: -2, maximum: 2 })));
/** Token id to what is added to its logit. */
const LogitBias = Type.Record(Type.String({ maxLength: 16 }), Type.Number({ minimum: -100, maximum: 100 }), {
  maxProperties: 1024,
});

export const JsonSchemaFormat = Type.Object({
  name: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' }),
  description: Type.Optional(Type.String({ maxLength: 4096 })),
  schema: Type.Optional(Type.Record(Type.String({ maxLength: 256 }), Type.Unknown())),
  strict: Type.Optional(Nullable(Type.Boolean())),
});

/**
 * What an answer must be: any text, any JSON object, or a document of a schema. The schema's keywords are checked where it is
 * turned into what decoding is constrained to.
 */
export const ResponseFormat = Type.Union([
  Type.Object({ type: Type.Literal('text') }),
  Type.Object({ type: Type.Literal('json_object') }),
  Type.Object({
    type: Type.Literal('json_schema'),
    json_schema: JsonSchemaFormat,
  }),
]);
export type ResponseFormat = Static<typeof ResponseFormat>;

/** Fields that would change the meaning of an answer and are not served are refused by name, never ignored. */
export const REFUSED_CHAT_FIELDS = [
  'functions',
  'function_call',
  'audio',
  'modalities',
  'prediction',
  'web_search_options',
  'moderation',
] as const;

export const ChatCompletionRequest = Type.Object({
  model: ModelName,
  messages: Type.Array(ChatRequestMessage, { minItems: 1, maxItems: 512 }),
  max_completion_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  max_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  n: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 128 }))),
  temperature: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 2 }))),
  top_p: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
  frequency_penalty: Penalty,
  presence_penalty: Penalty,
  logit_bias: Type.Optional(Nullable(LogitBias)),
  seed: Type.Optional(Nullable(Seed)),
  stop: Type.Optional(Nullable(Stop)),
  stream: Type.Optional(Nullable(Type.Boolean())),
  stream_options: Type.Optional(Nullable(Type.Object({ include_usage: Type.Optional(Type.Boolean()) }))),
  response_format: Type.Optional(Nullable(ResponseFormat)),
  ...TOOL_FIELDS,
  logprobs: Type.Optional(Nullable(Type.Boolean())),
  top_logprobs: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 20 }))),
  metadata: Type.Optional(Nullable(Metadata)),
  /** Keep the completion: GET /v1/chat/completions lists it, and an eval may read it. */
  store: Type.Optional(Nullable(Type.Boolean())),
  user: Type.Optional(Type.String({ maxLength: 256 })),
  /** Extension: answer with token ids and per-token log-probabilities as sampled. */
  return_token_ids: Type.Optional(Type.Boolean()),
});
export type ChatCompletionRequest = Static<typeof ChatCompletionRequest>;

const TokenLogProb = Type.Object({
  token: Type.String({ maxLength: 1024 }),
  logprob: Type.Number(),
  bytes: Nullable(Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { maxItems: 4096 })),
});
const LogProbs = Nullable(
  Type.Object({
    content: Nullable(
      Type.Array(
        Type.Intersect([TokenLogProb, Type.Object({ top_logprobs: Type.Array(TokenLogProb, { maxItems: 20 }) })]),
        { maxItems: 1_000_000 },
      ),
    ),
    refusal: Type.Null(),
  }),
);
const FinishReason = OneOf(['stop', 'length', 'tool_calls']);
/** With `return_token_ids`; in a stream those that a chunk adds. */
const TOKEN_FIELDS = {
  token_ids: Type.Optional(Type.Array(Count, { maxItems: 1_000_000 })),
  token_logprobs: Type.Optional(Type.Array(Type.Number(), { maxItems: 1_000_000 })),
};

export const ChatUsage = Type.Object({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count,
  prompt_tokens_details: Type.Object({ cached_tokens: Count }),
  completion_tokens_details: Type.Object({ reasoning_tokens: Count }),
});
export type ChatUsage = Static<typeof ChatUsage>;

export const ChatCompletion = Type.Object({
  id: Id,
  object: Type.Literal('chat.completion'),
  created: UnixSeconds,
  model: ModelName,
  choices: Type.Array(
    Type.Object({
      index: Count,
      finish_reason: FinishReason,
      logprobs: LogProbs,
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Nullable(Type.String({ maxLength: 1_000_000 })),
        refusal: Type.Null(),
        tool_calls: Type.Optional(Type.Array(ChatToolCall, { minItems: 1, maxItems: 1024 })),
      }),
      ...TOKEN_FIELDS,
    }),
    { maxItems: 128 },
  ),
  usage: ChatUsage,
  service_tier: Type.Literal('default'),
  system_fingerprint: Type.String({ maxLength: 128 }),
});
export type ChatCompletion = Static<typeof ChatCompletion>;

export const ChatCompletionChunk = Type.Object({
  id: Id,
  object: Type.Literal('chat.completion.chunk'),
  created: UnixSeconds,
  model: ModelName,
  choices: Type.Array(
    Type.Object({
      index: Count,
      delta: Type.Object({
        role: Type.Optional(Type.Literal('assistant')),
        content: Type.Optional(Nullable(Type.String())),
        /** Each call comes whole, once it has ended. */
        tool_calls: Type.Optional(
          Type.Array(Type.Interface([ChatToolCall], { index: Count }), { minItems: 1, maxItems: 1024 }),
        ),
      }),
      finish_reason: Nullable(FinishReason),
      logprobs: LogProbs,
      ...TOKEN_FIELDS,
    }),
    { maxItems: 128 },
  ),
  usage: Type.Optional(Nullable(ChatUsage)),
});
export type ChatCompletionChunk = Static<typeof ChatCompletionChunk>;
