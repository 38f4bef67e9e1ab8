/** Models, chat completions and stored completions (sections A.8 and A.9 of the wire). */
import Type from 'typebox';
import {
  always,
  anything,
  closed,
  extension,
  flag,
  id,
  list,
  map,
  maybe,
  metadata,
  number,
  one,
  optional,
  seconds,
  text,
  whole,
} from './notation.js';

export const Model = closed({ id: text(), object: one('model'), created: seconds(), owned_by: text() });
export const Models = closed({ object: one('list'), data: list(Model) });
export const DeletedModel = closed({ id: text(), object: one('model'), deleted: always(true) });

const Message = () =>
  Type.Object(
    { role: one('developer', 'system', 'user', 'assistant', 'tool') },
    { additionalProperties: Type.Unknown() },
  );

export const ChatRequest = closed({
  model: text(),
  messages: list(Message()),
  max_completion_tokens: optional(maybe(whole())),
  max_tokens: optional(maybe(whole())),
  n: optional(maybe(whole())),
  temperature: optional(maybe(number())),
  top_p: optional(maybe(number())),
  seed: optional(maybe(whole())),
  stop: optional(maybe(Type.Union([text(), list(text())]))),
  stream: optional(maybe(flag())),
  stream_options: optional(maybe(map(flag()))),
  logprobs: optional(maybe(flag())),
  top_logprobs: optional(maybe(whole())),
  metadata: optional(maybe(metadata())),
  store: optional(maybe(flag())),
  user: optional(text()),
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
        tool_calls: optional(list(anything())),
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
        tool_calls: optional(list(anything())),
      }),
      finish_reason: maybe(one(...finishReasons)),
      logprobs: optional(LogProbs()),
    }),
  ),
  usage: optional(maybe(Usage())),
});
