/**
 * The chat format of the small tokenizers: one control token opens a turn, one ends the assistant's. User and system
 * turns need no end, since the next turn's token closes them; on three-letter prompts every token saved counts.
 */
export const COMPACT_TOKENS = {
  padding: '<pad>',
  unknown: '<unk>',
  end: '<|end|>',
  system: '<|system|>',
  user: '<|user|>',
  assistant: '<|assistant|>',
} as const;

/** `developer` is the newer name of `system` on the OpenAI wire and is written the same. */
export const COMPACT_CHAT_TEMPLATE = [
  '{%- for message in messages -%}',
  "{%- if message.role == 'system' or message.role == 'developer' -%}",
  `{{ '${COMPACT_TOKENS.system}' + message.content }}`,
  "{%- elif message.role == 'user' -%}",
  `{{ '${COMPACT_TOKENS.user}' + message.content }}`,
  "{%- elif message.role == 'assistant' -%}",
  `{{ '${COMPACT_TOKENS.assistant}' + message.content + '${COMPACT_TOKENS.end}' }}`,
  '{%- else -%}',
  "{{ raise_exception('the role ' + message.role + ' is not supported; use system, developer, user or assistant') }}",
  '{%- endif -%}',
  '{%- endfor -%}',
  `{%- if add_generation_prompt -%}{{ '${COMPACT_TOKENS.assistant}' }}{%- endif -%}`,
].join('\n');
