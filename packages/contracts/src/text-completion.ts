/** Text completions, the older endpoint without conversations: what base models are asked with, and evaluation harnesses use. */
import Type, { type Static, type TSchema } from 'typebox';
import { ChatCompletionRequest, ChatUsage } from './chat.js';
import { Count, Id, ModelName, Nullable, OneOf, UnixSeconds } from './primitives.js';

const MAX_PROMPTS = 256;
const TokenIds = Type.Array(Count, { minItems: 1, maxItems: 1_000_000 });
const Texts = Type.Array(Type.String({ maxLength: 200_000 }), { minItems: 1, maxItems: MAX_PROMPTS });

/** Refused by name unless they ask for nothing: `suffix` needs a model that fills in, `best_of` hidden choices. */
export const REFUSED_TEXT_FIELDS = ['suffix', 'best_of'] as const;

const { model, n, stop, stream, stream_options, user } = ChatCompletionRequest.properties;
const { temperature, top_p, frequency_penalty, presence_penalty, logit_bias, seed } = ChatCompletionRequest.properties;

export const TextCompletionRequest = Type.Object({
  model,
  /** One prompt or several, each as text or as token ids of the model. */
  prompt: Type.Union([
    Type.String({ maxLength: 200_000 }),
    TokenIds,
    Texts,
    Type.Array(TokenIds, { minItems: 1, maxItems: MAX_PROMPTS }),
  ]),
  /** With 0 nothing is written: with `echo` and `logprobs`, the prompt is scored. */
  max_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
  /** Begin the text with the prompt, and `logprobs` with those of its tokens. */
  echo: Type.Optional(Nullable(Type.Boolean())),
  /** Log-probabilities of the tokens of the text, each with this many alternatives. */
  logprobs: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 5 }))),
  n,
  temperature,
  top_p,
  frequency_penalty,
  presence_penalty,
  logit_bias,
  seed,
  stop,
  stream,
  stream_options,
  user,
});
export type TextCompletionRequest = Static<typeof TextCompletionRequest>;

const PerToken = <T extends TSchema>(items: T) => Type.Array(items, { maxItems: 1_000_000 });

export const TextLogProbs = Type.Object({
  tokens: PerToken(Type.String({ maxLength: 1024 })),
  /** Null for the first token of a prompt, which has nothing before it. */
  token_logprobs: PerToken(Nullable(Type.Number())),
  top_logprobs: PerToken(Nullable(Type.Record(Type.String({ maxLength: 1024 }), Type.Number()))),
  /** Where each token begins in the text. */
  text_offset: PerToken(Count),
});
export type TextLogProbs = Static<typeof TextLogProbs>;

export const TextCompletion = Type.Object({
  id: Id,
  object: Type.Literal('text_completion'),
  created: UnixSeconds,
  model: ModelName,
  choices: Type.Array(
    Type.Object({
      index: Count,
      text: Type.String({ maxLength: 1_200_000 }),
      /** Null only in chunks of a stream that are not a choice's last. */
      finish_reason: Nullable(OneOf(['stop', 'length'])),
      logprobs: Nullable(TextLogProbs),
    }),
    { maxItems: 128 * MAX_PROMPTS },
  ),
  usage: Type.Optional(Nullable(ChatUsage)),
  system_fingerprint: Type.Optional(Type.String({ maxLength: 128 })),
});
export type TextCompletion = Static<typeof TextCompletion>;
