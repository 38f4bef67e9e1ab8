/** Models, chat, stored and text completions (sections A.8 and A.9 of the wire; the last as in OpenAI's reference). */
import { REFUSED_CHAT_FIELDS } from '@preheat/contracts';
import Type from 'typebox';
import {
  always,
  anything,
  closed,
  extension,
  flag,
  id,
  ignored,
  list,
  map,
  maybe,
  metadata,
  number,
  one,
  optional,
  refused,
  seconds,
  text,
  whole,
} from './notation.js';

export const Model = closed({
  id: text(),
  object: one('model'),
  created: seconds(),
  owned_by: text(),
  shutdown_date: optional(maybe(text())),
  expires_at: optional(extension(seconds())),
});
export const Models = closed({ object: one('list'), data: list(Model) });
export const DeletedModel = closed({ id: text(), object: one('model'), deleted: always(true) });

const ToolCall = () => ({
  id: text(),
  type: one('function'),
  function: closed({ name: text(), arguments: text() }),
});
const Message = () =>
  Type.Object(
    {
      role: one('developer', 'system', 'user', 'assistant', 'tool'),
      tool_calls: optional(maybe(list(closed(ToolCall())))),
      tool_call_id: optional(text()),
    },
    { additionalProperties: Type.Unknown() },
  );
export const Tool = () =>
  closed({
    type: one('function'),
    function: closed({
      name: text(),
      description: optional(text()),
      parameters: optional(map(anything())),
      strict: optional(maybe(flag())),
    }),
  });
const NamedFunction = () => closed({ type: one('function'), function: closed({ name: text() }) });
const ToolChoice = () =>
  Type.Union([
    one('none', 'auto', 'required'),
    NamedFunction(),
    closed({
      type: one('allowed_tools'),
      allowed_tools: closed({ mode: one('auto', 'required'), tools: list(NamedFunction()) }),
    }),
  ]);

const JsonSchema = () => ({
  name: text(),
  description: optional(text()),
  schema: optional(map(anything())),
  strict: optional(maybe(flag())),
});
export const ResponseFormat = () =>
  closed({ type: one('text', 'json_object', 'json_schema'), json_schema: optional(closed(JsonSchema())) });
/** In the words of the responses API. */
export const TextFormat = () =>
  Type.Union([closed({ type: one('text', 'json_object') }), closed({ type: one('json_schema'), ...JsonSchema() })]);

/** Fields that may be served or refused; which of the two, the platform's own list says. */
const MAYBE_REFUSED: Readonly<Record<string, { reason: string; value: unknown }>> = {
  functions: { reason: 'the older form of tool calls', value: [{ name: 'f' }] },
  function_call: { reason: 'the older form of tool calls', value: 'auto' },
  audio: { reason: 'models speak text', value: { voice: 'alloy', format: 'wav' } },
  modalities: { reason: 'models speak text', value: ['audio'] },
  prediction: { reason: 'no speculative decoding', value: { type: 'content', content: 'x' } },
  web_search_options: { reason: 'models have no web', value: {} },
  moderation: { reason: 'answers are not judged', value: { model: 'omni-moderation-latest' } },
};
const isRefused = (name: string) => (REFUSED_CHAT_FIELDS as readonly string[]).includes(name);
const maybeRefused = () =>
  Object.fromEntries(
    Object.entries(MAYBE_REFUSED).map(([name, { reason, value }]) => [
      name,
      isRefused(name) ? refused(reason, value) : optional(anything()),
    ]),
  );

/** How tokens are drawn and sent: the same in chat and in text completions. */
const sampling = () => ({
  n: optional(maybe(whole())),
  temperature: optional(maybe(number())),
  top_p: optional(maybe(number())),
  frequency_penalty: optional(maybe(number())),
  presence_penalty: optional(maybe(number())),
  logit_bias: optional(maybe(map(number()))),
  seed: optional(maybe(whole())),
  stop: optional(maybe(Type.Union([text(), list(text())]))),
  stream: optional(maybe(flag())),
  stream_options: optional(maybe(map(flag()))),
});

export const ChatRequest = closed({
  model: text(),
  messages: list(Message()),
  max_completion_tokens: optional(maybe(whole())),
  max_tokens: optional(maybe(whole())),
  ...sampling(),
  response_format: optional(maybe(ResponseFormat())),
  tools: optional(maybe(list(Tool()))),
  tool_choice: optional(maybe(ToolChoice())),
  parallel_tool_calls: optional(maybe(flag())),
  logprobs: optional(maybe(flag())),
  top_logprobs: optional(maybe(whole())),
  metadata: optional(maybe(metadata())),
  store: optional(maybe(flag())),
  user: ignored('requests are told apart by key', 'u-1'),
  safety_identifier: ignored('requests are told apart by key', 'u-1'),
  service_tier: ignored('there is one tier', 'auto'),
  reasoning_effort: ignored('models here do not reason apart from their answer', 'low'),
  verbosity: ignored('no model here knows it', 'low'),
  prompt_cache_key: ignored('prefixes are found by their tokens', 'k'),
  prompt_cache_options: ignored('prefixes are found by their tokens', {}),
  prompt_cache_retention: ignored('prefixes are kept as memory allows', 'in_memory'),
  ...maybeRefused(),
  return_token_ids: optional(extension(flag())),
});

const TokenLogProb = { token: text(), logprob: number(), bytes: maybe(list(whole())) };
const LogProbs = () =>
  maybe(
    closed({
      content: maybe(list(closed({ ...TokenLogProb, top_logprobs: list(closed({ ...TokenLogProb })) }))),
      refusal: Type.Null(),
    }),
  );
const finishReasons = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'];
const Usage = () =>
  closed({
    prompt_tokens: whole(),
    completion_tokens: whole(),
    total_tokens: whole(),
    prompt_tokens_details: optional(closed({ cached_tokens: whole() })),
    completion_tokens_details: optional(closed({ reasoning_tokens: whole() })),
  });

const completion = () => ({
  id: id('chatcmpl-'),
  object: one('chat.completion'),
  created: seconds(),
  model: text(),
  choices: list(
    closed({
      index: whole(),
      finish_reason: one(...finishReasons),
      logprobs: LogProbs(),
      message: closed({
        role: one('assistant'),
        content: maybe(text()),
        refusal: Type.Null(),
        tool_calls: optional(list(closed(ToolCall()))),
      }),
      token_ids: optional(extension(list(whole()))),
      token_logprobs: optional(extension(list(number()))),
    }),
  ),
  usage: Usage(),
  service_tier: optional(one('default')),
  system_fingerprint: optional(text()),
});
export const Completion = closed(completion());
export const StoredCompletion = closed({ ...completion(), metadata: maybe(metadata()) });
export const StoredMessage = Type.Object(
  { id: text(), role: text(), content: anything() },
  { additionalProperties: Type.Unknown() },
);
export const MetadataUpdate = closed({ metadata: maybe(metadata()) });
export const DeletedCompletion = closed({
  id: id('chatcmpl-'),
  object: one('chat.completion.deleted'),
  deleted: always(true),
});

const prompts = () => Type.Union([text(), list(text()), list(whole()), list(list(whole()))]);
export const TextRequest = closed({
  model: text(),
  prompt: prompts(),
  max_tokens: optional(maybe(whole())),
  echo: optional(maybe(flag())),
  logprobs: optional(maybe(whole())),
  ...sampling(),
  user: ignored('requests are told apart by key', 'u-1'),
  suffix: refused('models here go on from a text, they fill no gap', 'end'),
  best_of: refused('choices that nobody sees are not made', 4),
});

/** The answer, and every `data:` line of a stream. */
export const TextCompletion = closed({
  id: id('cmpl-'),
  object: one('text_completion'),
  created: seconds(),
  model: text(),
  choices: list(
    closed({
      index: whole(),
      text: text(),
      finish_reason: maybe(one('stop', 'length', 'content_filter')),
      logprobs: maybe(
        closed({
          tokens: list(text()),
          token_logprobs: list(maybe(number())),
          top_logprobs: list(maybe(map(number()))),
          text_offset: list(whole()),
        }),
      ),
    }),
  ),
  usage: optional(maybe(Usage())),
  system_fingerprint: optional(text()),
});

/** One `data:` line of a stream. */
export const Chunk = closed({
  id: id('chatcmpl-'),
  object: one('chat.completion.chunk'),
  created: seconds(),
  model: text(),
  choices: list(
    closed({
      index: whole(),
      delta: closed({
        role: optional(one('assistant')),
        content: optional(maybe(text())),
        tool_calls: optional(list(closed({ index: whole(), ...ToolCall() }))),
      }),
      finish_reason: maybe(one(...finishReasons)),
      logprobs: optional(LogProbs()),
    }),
  ),
  usage: optional(maybe(Usage())),
});
