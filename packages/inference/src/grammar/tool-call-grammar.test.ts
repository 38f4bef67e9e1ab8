import type { ToolCallForm } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { Grammar } from './grammar-state.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { textOrToolCalls, toolCalls, type ToolCallRules } from './tool-call-grammar.js';

const words = { head: '{"name": "', middle: '", "arguments": ' };
const TAGGED: ToolCallForm = {
  kind: 'tagged',
  marker: '<tool_call>',
  open: '\n',
  ...words,
  close: '\n</tool_call>',
  endMarker: '',
};
const LIST: ToolCallForm = { kind: 'list', marker: '[[CALLS]', open: ' [', ...words, close: ']', endMarker: '' };
const BARE: ToolCallForm = { kind: 'bare', marker: '', open: '', ...words, close: '', endMarker: '' };
const FUNCTIONS = [
  {
    name: 'add',
    parameters: jsonSchemaGrammar({
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      additionalProperties: false,
    }),
  },
  { name: 'now', parameters: jsonSchemaGrammar({ type: 'object', properties: {}, additionalProperties: false }) },
];
const ADD = '{"name": "add", "arguments": {"a": 1}}';
const NOW = '{"name": "now", "arguments": {}}';

const rules = (form: ToolCallForm, isParallel = true): ToolCallRules => ({ form, functions: FUNCTIONS, isParallel });
const accepts = (grammar: Grammar, text: string) =>
  grammar.start.walk(new TextEncoder().encode(text))?.isAccepting === true;

describe('calls', () => {
  it.each<[ToolCallForm, string, string]>([
    [TAGGED, `\n${ADD}\n</tool_call>`, `\n${ADD}\n</tool_call>\n<tool_call>\n${NOW}\n</tool_call>`],
    [LIST, ` [${ADD}]`, ` [${ADD}, ${NOW}]`],
  ])('of a form that has several, one or several (%#)', (form, one, two) => {
    expect([one, two].map((text) => accepts(new Grammar(toolCalls(rules(form))), text))).toEqual([true, true]);
    expect([one, two].map((text) => accepts(new Grammar(toolCalls(rules(form, false))), text))).toEqual([true, false]);
  });

  it('have the arguments of their own function, and of no other', () => {
    const bare = new Grammar(toolCalls(rules(BARE)));
    expect(accepts(bare, ADD)).toBe(true);
    expect(accepts(bare, NOW)).toBe(true);
    expect(accepts(bare, ADD.replace('add', 'now'))).toBe(false);
    expect(accepts(bare, ADD.replace('add', 'sub'))).toBe(false);
    expect(accepts(bare, '')).toBe(false);
  });
});

describe('text or calls', () => {
  const tagged = new Grammar(textOrToolCalls(rules(TAGGED)));
  const list = new Grammar(textOrToolCalls(rules(LIST)));
  const bare = new Grammar(textOrToolCalls(rules(BARE)));

  it.each<[string, Grammar, string, boolean]>([
    ['nothing', tagged, '', true],
    ['text', tagged, 'a < b, {"é"} <tool> <tool_cal', true],
    ['text and calls', tagged, `so <<tool_call>\n${ADD}\n</tool_call>`, true],
    ['a marker that begins no call', tagged, 'so <tool_call> what', false],
    ['arguments that do not fit', tagged, `<tool_call>\n${ADD.replace('1', '"1"')}\n</tool_call>`, false],
    ['a marker behind its own beginning', list, `[[[CALLS] [${NOW}]`, true],
    ['a marker behind its own beginning, and no call', list, '[[[CALLS] now', false],
    ['a call alone', bare, NOW, true],
    ['text', bare, ` so {"a": 1}`, true],
    ['an object that is no call', bare, ' {"a": 1}', false],
  ])('%s', (_, grammar, text, isAccepted) => {
    expect(accepts(grammar, text)).toBe(isAccepted);
  });
});
