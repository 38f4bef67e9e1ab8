import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import type { ChatMessage } from './chat-message.js';
import { PRINTABLE_ASCII } from './letter-to-sound-tokenizer.js';
import {
  LLAMA_TEMPLATE,
  MISTRAL_TEMPLATE,
  NEMOTRON_TEMPLATE,
  PHI_TEMPLATE,
  QWEN3_TEMPLATE,
  QWEN_TEMPLATE,
  UNREAD_TEMPLATE,
} from './testdata/tool-templates.js';
import { loadTokenizer, type Tokenizer } from './tokenizer.js';

function withTemplate(chat_template: unknown): Tokenizer {
  const files = characterTokenizer(PRINTABLE_ASCII);
  return loadTokenizer({ ...files, tokenizerConfig: { ...files.tokenizerConfig, bos_token: '', chat_template } });
}

const TOOL = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
const user = (content: string): ChatMessage => ({ role: 'user', content });
const call = (id: string, text: string): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, function: { name: 'weather', arguments: text } }],
});
const result = (tool_call_id: string, content: string): ChatMessage => ({ role: 'tool', tool_call_id, content });

describe('toolCallForm', () => {
  const tagged = {
    kind: 'tagged',
    marker: '<tool_call>',
    open: '\n',
    head: '{"name": "',
    middle: '", "arguments": ',
    close: '\n</tool_call>',
    endMarker: '</tool_call>',
  };
  it.each([
    ['Qwen 2.5', QWEN_TEMPLATE, tagged],
    ['Qwen 3', QWEN3_TEMPLATE, tagged],
    [
      'Llama 3.1',
      LLAMA_TEMPLATE,
      { kind: 'bare', marker: '', open: '', head: '{"name": "', middle: '", "parameters": ', close: '', endMarker: '' },
    ],
    [
      'Mistral',
      MISTRAL_TEMPLATE,
      { ...tagged, kind: 'list', marker: '[TOOL_CALLS]', open: ' [', close: ']', endMarker: '' },
    ],
    [
      'Nemotron',
      NEMOTRON_TEMPLATE,
      { ...tagged, kind: 'list', marker: '<TOOLCALL>', open: '[', close: ']</TOOLCALL>', endMarker: '</TOOLCALL>' },
    ],
    [
      'Phi 4',
      PHI_TEMPLATE,
      { ...tagged, marker: '<|tool_call|>', open: '', close: '<|/tool_call|>', endMarker: '<|/tool_call|>' },
    ],
  ])('is what %s writes', (_, template, form) => {
    expect(withTemplate(template).toolCallForm()).toEqual(form);
  });

  it('is that of the template for tools, where there is one of its own', () => {
    const named = withTemplate([
      { name: 'default', template: '{{ messages[0].content }}' },
      { name: 'tool_use', template: LLAMA_TEMPLATE },
    ]);
    expect(named.toolCallForm().kind).toBe('bare');
  });

  it.each([
    ['lists no tools', '{{ messages[0].content }}', 'cannot list tools: it leaves them out'],
    ['refuses them', "{% if tools %}{{ raise_exception('no tools') }}{% endif %}x", 'cannot list tools: .*no tools'],
    ['writes calls in another language', UNREAD_TEMPLATE, 'in a form that is not read here'],
  ])('is none of a template that %s', (_, template, message) => {
    expect(() => withTemplate(template).toolCallForm()).toThrow(
      expect.objectContaining({ code: 'tools_not_supported', message: expect.stringMatching(message) }),
    );
  });
});

describe('a conversation with calls', () => {
  const chat = [user('rain?'), call('call00001', '{"at": "sea"}'), result('call00001', 'yes')];

  it('has arguments as objects, and results, as the template writes them', () => {
    const text = withTemplate(QWEN_TEMPLATE).renderChat(chat, { addGenerationPrompt: true });
    expect(text).toContain('<tool_call>\n{"name": "weather", "arguments": {"at": "sea"}}\n</tool_call><|im_end|>');
    expect(text).toContain('<tool_response>\nyes\n</tool_response><|im_end|>\n<|im_start|>assistant\n');
  });

  it('is a prompt also where the template moves the tools to the last question', () => {
    const mistral = withTemplate(MISTRAL_TEMPLATE);
    const messages = [...chat, { role: 'assistant', content: 'It rains.' }, user('still?')];
    const prompt = mistral.decode(mistral.encodePrompt(messages, { tools: [TOOL] }));
    expect(prompt).toBe(mistral.renderChat(messages, { tools: [TOOL], addGenerationPrompt: true }));
    expect(() => mistral.encodeChat(messages, { tools: [TOOL] })).toThrow('rewrites earlier text');
  });

  it.each<[string, ChatMessage[], string]>([
    [
      'invalid_message',
      [user('a'), call('c', '[]')],
      'messages[1].tool_calls[0].function.arguments: expected the text of',
    ],
    [
      'invalid_message',
      [user('a'), call('c', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`)],
      'messages[1].tool_calls: is nested deeper',
    ],
    [
      'invalid_message',
      [{ ...call('c', '{}'), role: 'user' }],
      'messages[0].tool_calls: allowed on assistant messages',
    ],
    ['invalid_message', [user('a'), result('c', 'b')], 'messages[1].tool_call_id: expected the id of a call'],
    ['invalid_message', [{ role: 'user' }], 'messages[0].content: is required without tool_calls'],
    ['control_token_in_content', [user('a'), call('c', '{"x":"\\u003c|end|>"}')], 'messages[1].tool_calls: contains'],
  ])('is refused with %s', (code, messages, text) => {
    expect(() => withTemplate(QWEN_TEMPLATE).renderChat(messages)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    );
  });

  it('is refused by a template that would leave the calls out, and tools with control tokens by all', () => {
    const plain = withTemplate('{% for m in messages %}{{ m.content }}{% endfor %}');
    expect(() => plain.encodePrompt(chat)).toThrow(
      'messages[1].tool_calls: the chat template of this model writes no calls',
    );
    expect(() => plain.encodePrompt([user('a')], { tools: [TOOL] })).toThrow(
      'tools[0]: the chat template of this model lists no tools',
    );
    const tools = [{ ...TOOL, description: ['<|end|>'] }];
    expect(() => plain.renderChat([user('a')], { tools })).toThrow('tools[0]: contains the control token <|end|>');
  });
});

it('decode keeps the control tokens it is told to keep', () => {
  const tokenizer = withTemplate(QWEN_TEMPLATE);
  const ids = tokenizer.encode('<|user|>a<|end|>');
  const kept = [tokenizer.tokenToId('<|user|>') as number];
  expect(tokenizer.decode(ids, { skipSpecialTokens: true, kept })).toBe('<|user|>a');
});
