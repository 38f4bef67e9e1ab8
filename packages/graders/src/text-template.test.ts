import { describe, expect, it } from 'vitest';
import type { GradingContext } from './grading-context.js';
import { parseTemplate, renderTemplate } from './text-template.js';

const context: GradingContext = {
  sample: { output_text: '{"answer": {"n": 4}}', output_tools: [{ function: { name: 'add' } }] },
  item: { word: 'cat', n: 4, yes: true, list: ['a', { b: 'c' }], 'odd key': 'x', nothing: null },
};

function render(text: string, where = context) {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return `refused: ${parsed.message}`;
  const outcome = renderTemplate(parsed.value, where);
  return outcome.ok ? outcome.value : `${outcome.flag}: ${outcome.message}`;
}

describe('templates', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{item.word}}', 'cat'],
    ['{{  item.word  }}!', 'cat!'],
    ['a {{item.word}} and {{ item.n }} {{item.yes}}', 'a cat and 4 true'],
    ['{{item.list[1].b}}', 'c'],
    ['{{item.list}}', '["a",{"b":"c"}]'],
    ['{{item[\'odd key\']}}{{ item["odd key"] }}', 'xx'],
    ['{{sample.output_tools[0].function.name}}', 'add'],
    ['{{ sample.output_json.answer.n }}', '4'],
    ['{ {{item.word}} }', '{ cat }'],
  ])('%s gives %s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  it.each([
    ['x {{ item.word', 'the "{{" at character 3 is never closed'],
    ['{{ answer }}', '{{ answer }}: must begin with "item." or "sample."'],
    ['{{ items.word }}', 'must begin with "item." or "sample."'],
    ['{{ item }}', 'names no key; write for example {{ item.key }}'],
    ['{{ item[0] }}', 'names no key'],
    ['{{ item.a b }}', 'is not a path'],
    ['{{ item.a | upper }}', 'is not a path'],
    ['{{ sample.text }}', 'a sample has only output_text, output_json, output_tools, choices'],
  ])('refuses %s when parsed', (text, expected) => {
    expect(render(text)).toContain(`refused: `);
    expect(render(text)).toContain(expected);
  });

  it.each([
    ['{{ item.missing }}', 'invalid_variable_error: {{ item.missing }} has no value in this item.'],
    ['{{ item.nothing }}', 'invalid_variable_error'],
    ['{{ item.constructor }}', 'invalid_variable_error'],
    ['{{ item.word.length }}', 'invalid_variable_error'],
    ['{{ item.list[9] }}', 'invalid_variable_error'],
    [
      '{{ sample.output_json.other }}',
      'sample_parse_error: {{ sample.output_json.other }} has no value in this sample.',
    ],
    ['{{ sample.choices[0] }}', 'sample_parse_error'],
  ])('flags %s when rendered', (text, expected) => {
    expect(render(text)).toContain(expected);
  });

  it('flags an answer that is not JSON, and prefers output_json when it is given', () => {
    const prose = { ...context, sample: { output_text: 'four' } };
    expect(render('{{ sample.output_json.n }}', prose)).toContain('sample_parse_error: The answer is not valid JSON');
    expect(
      render('{{ sample.output_json.n }}', { ...prose, sample: { output_text: 'x', output_json: { n: 5 } } }),
    ).toBe('5');
  });

  it('flags a runaway text', () => {
    const long = { ...context, sample: { output_text: 'x'.repeat(70_000) } };
    expect(render('{{ sample.output_text }}', long)).toContain('truncated_observation_error');
  });
});
