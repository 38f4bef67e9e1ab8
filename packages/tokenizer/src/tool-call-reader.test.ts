import { describe, expect, it } from 'vitest';
import type { ToolCallForm } from './tool-call-form.js';
import { type ToolCall, ToolCallReader } from './tool-call-reader.js';

const words = { head: '{"name": "', middle: '", "arguments": ' };
const END = '</tool_call>';
const TAGGED: ToolCallForm = {
  kind: 'tagged',
  marker: '<tool_call>',
  open: '\n',
  ...words,
  close: `\n${END}`,
  endMarker: END,
};
const LIST: ToolCallForm = {
  kind: 'list',
  marker: '[TOOL_CALLS]',
  open: ' [',
  ...words,
  close: ']',
  endMarker: '',
};
const TAGGED_LIST: ToolCallForm = { ...LIST, marker: '<TOOLCALL>', close: ']</TOOLCALL>', endMarker: '</TOOLCALL>' };
const BARE: ToolCallForm = { kind: 'bare', marker: '', open: '', ...words, close: '', endMarker: '' };
const NAMES = new Set(['add', 'now']);
const ADD = '{"name": "add", "arguments": {"a": 1.0, "b": "</tool_call> }]\\" "}}';
const ADDED: ToolCall = { name: 'add', arguments: '{"a": 1.0, "b": "</tool_call> }]\\" "}' };
const NOW = '{"arguments":{},"name":"now"}';
const NOWED: ToolCall = { name: 'now', arguments: '{}' };
const tag = (json: string) => `<tool_call>\n${json}\n</tool_call>`;

const CASES: [string, ToolCallForm, string, string, ToolCall[]][] = [
  ['one call', TAGGED, tag(ADD), '', [ADDED]],
  ['text around calls', TAGGED, `So: \n${tag(ADD)}\n${tag(NOW)}\n done. `, 'So:done. ', [ADDED, NOWED]],
  ['a call without its end tag', TAGGED, `<tool_call>${ADD}`, '', [ADDED]],
  ['a call without its end tag before another', TAGGED, `<tool_call>${ADD}<tool_call>${NOW}`, '', [ADDED, NOWED]],
  ['an end tag cut off', TAGGED, `<tool_call>${ADD}\n</tool`, '', [ADDED]],
  ['no call', TAGGED, ' a <tool_cal b \n', ' a <tool_cal b \n', []],
  ['nothing', TAGGED, '', '', []],
  ['a call cut off', TAGGED, `x <tool_call>\n${ADD.slice(0, 30)}`, `x <tool_call>\n${ADD.slice(0, 30)}`, []],
  ['no JSON', TAGGED, '<tool_call> add(1) </tool_call>', '<tool_call> add(1) </tool_call>', []],
  ['broken JSON before a call', TAGGED, `<tool_call>{a}${tag(NOW)}`, '<tool_call>{a}', [NOWED]],
  [
    'a function that was not offered',
    TAGGED,
    tag('{"name":"rm","arguments":{}}'),
    tag('{"name":"rm","arguments":{}}'),
    [],
  ],
  [
    'arguments that are no object',
    TAGGED,
    tag('{"name":"add","arguments":[1]}'),
    tag('{"name":"add","arguments":[1]}'),
    [],
  ],
  ['a list', LIST, `[TOOL_CALLS] [${ADD}, ${NOW}]`, '', [ADDED, NOWED]],
  ['text and a list', LIST, `I see.[TOOL_CALLS][${NOW}]`, 'I see.', [NOWED]],
  ['a list in tags', TAGGED_LIST, `Now:<TOOLCALL>[${NOW}]</TOOLCALL>\n`, 'Now:', [NOWED]],
  ['an empty list', LIST, '[TOOL_CALLS] []', '[TOOL_CALLS] []', []],
  ['a list with one that is no call', LIST, `[TOOL_CALLS] [${NOW}, 3]`, `[TOOL_CALLS] [${NOW}, 3]`, []],
  ['brackets that are no list', LIST, 'a [TOOL] b [', 'a [TOOL] b [', []],
  ['a bare call', BARE, `\n\n${ADD}`, '', [ADDED]],
  [
    'a bare call with the other word',
    BARE,
    '{"name":"add","parameters":{"a":{}}}',
    '',
    [{ name: 'add', arguments: '{"a":{}}' }],
  ],
  ['bare calls, of which the first counts, and text', BARE, `${ADD}; ${NOW}\n done {`, 'done {', [ADDED]],
  ['an answer in JSON', BARE, '{"name":"Ada","arguments":{}} ', '{"name":"Ada","arguments":{}} ', []],
  ['JSON within text', BARE, `Call ${NOW}`, `Call ${NOW}`, []],
  ['JSON cut off', BARE, '{"name":"add","argu', '{"name":"add","argu', []],
];

describe.each([1, 2, 5, 1000])('in pieces of %i characters', (size) => {
  it.each(CASES)('reads %s', (_, form, text, content, calls) => {
    const reader = new ToolCallReader(form, NAMES);
    const pieces = [];
    for (let at = 0; at < text.length; at += size) pieces.push(reader.push(text.slice(at, at + size)));
    pieces.push(reader.finish());
    expect(pieces.map((piece) => piece.content).join('')).toBe(content);
    expect(pieces.flatMap((piece) => piece.calls)).toEqual(calls);
  });
});

describe.each([1, 5, 1000])('with markers that are control tokens, in pieces of %i characters', (size) => {
  const PHI: ToolCallForm = { ...TAGGED, marker: '<|call|>', open: '', close: '<|/call|>', endMarker: '<|/call|>' };
  it.each<[string, ToolCallForm, string, string, ToolCall[]]>([
    ['a call cut off', LIST, `Now [TOOL_CALLS] [${ADD.slice(0, 30)}`, `Now  [${ADD.slice(0, 30)}`, []],
    [
      'a function that was not offered',
      PHI,
      '<|call|>{"name":"rm","arguments":{}}<|/call|>',
      '{"name":"rm","arguments":{}}',
      [],
    ],
    ['an end without a beginning', PHI, `a <|/call|>b<|call|>${NOW}<|/call|>`, 'a b', [NOWED]],
    ['a marker alone', PHI, 'a <|call|> b', 'a  b', []],
  ])('leaves them out of the text of %s', (_, form, text, content, calls) => {
    const silent = [form.marker, form.endMarker].filter(Boolean);
    const reader = new ToolCallReader(form, NAMES, silent);
    const pieces = [];
    for (let at = 0; at < text.length; at += size) pieces.push(reader.push(text.slice(at, at + size)));
    pieces.push(reader.finish());
    expect(pieces.map((piece) => piece.content).join('')).toBe(content);
    expect(pieces.flatMap((piece) => piece.calls)).toEqual(calls);
  });
});

it.each<[string, ToolCallForm, string]>([
  ['tags', TAGGED, `${tag(ADD)}\n${tag(NOW)}\nDone`],
  ['a list', LIST, `[TOOL_CALLS] [${ADD}, ${NOW}]Done`],
])('takes the first call in %s where there may be one, and the others for no text', (_, form, text) => {
  const reader = new ToolCallReader(form, NAMES, [], false);
  const pieces = [reader.push(text), reader.finish()];
  expect(pieces.map(({ content }) => content).join('')).toBe('Done');
  expect(pieces.flatMap(({ calls }) => calls)).toEqual([ADDED]);
});

it('gives out text as soon as it can be no call', () => {
  const reader = new ToolCallReader(TAGGED, NAMES);
  expect(reader.push('a < b <tool').content).toBe('a < b');
  expect(reader.push('box').content).toBe(' <toolbox');
  expect(reader.push(` ${tag(NOW)}`)).toEqual({ content: '', calls: [NOWED] });
});
