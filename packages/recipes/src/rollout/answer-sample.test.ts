import { compileGrader, grade } from '@preheat/graders';
import { characterTokenizer, loadTokenizer, PRINTABLE_ASCII } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import type { TrainingRow } from '../recipe.js';
import { answerSample } from './answer-sample.js';

/** Lists tools and writes calls as Qwen does. */
const TEMPLATE = [
  '{%- for tool in tools or [] -%}{{ tool | tojson }}{%- endfor -%}',
  '{%- for message in messages -%}{{ message.content }}',
  '{%- for call in message.tool_calls or [] -%}',
  `{{ '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}{{ call.function.arguments | tojson }}{{ '}\\n</tool_call>' }}`,
  '{%- endfor -%}',
  '{%- endfor -%}',
].join('');

const { tokenizerJson, tokenizerConfig } = characterTokenizer(PRINTABLE_ASCII);
const tokenizer = loadTokenizer({ tokenizerJson, tokenizerConfig: { ...tokenizerConfig, chat_template: TEMPLATE } });
const tools = [{ type: 'function' as const, function: { name: 'weather' } }];
const CALL = '<tool_call>\n{"name": "weather", "arguments": {"place":"sea"}}\n</tool_call>';

function sampleOf(text: string, row: Partial<TrainingRow> = {}, finishReason: 'stop' | 'length' = 'stop') {
  const whole = { messages: [{ role: 'user' as const, content: 'Rain?' }], ...row };
  return answerSample(tokenizer, whole, { tokens: tokenizer.encode(text), finishReason });
}

describe('the sample of a completion', () => {
  it('has as many calls as an answer to the row would have when it is served', () => {
    const callsOf = (row: Partial<TrainingRow>) => sampleOf(`${CALL}${CALL}`, { tools, ...row });
    expect(callsOf({}).output_tools).toHaveLength(2);
    expect(callsOf({ parallel_tool_calls: null }).output_tools).toHaveLength(2);
    const single = callsOf({ parallel_tool_calls: false });
    expect(single.output_tools).toHaveLength(1);
    expect(single.output_text).toBe('');
  });

  it('is its text and one choice', () => {
    const message = { role: 'assistant', content: 'yes', refusal: null };
    expect(sampleOf('yes', {}, 'length')).toEqual({
      output_text: 'yes',
      choices: [{ index: 0, finish_reason: 'length', message }],
    });
    expect(sampleOf(CALL).output_text).toBe(CALL);
  });

  it('has the calls of functions that its row lists, where a grader finds them', async () => {
    const sample = sampleOf(CALL, { tools });
    expect(sample).toMatchObject({
      output_text: '',
      choices: [{ finish_reason: 'tool_calls', message: { content: null } }],
    });
    const compiled = compileGrader({
      type: 'string_check',
      name: 'called',
      input:
        '{{ sample.output_tools[0].function.name }} {{ sample.choices[0].message.tool_calls[0].function.arguments }}',
      reference: 'weather {"place":"sea"}',
      operation: 'eq',
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    expect((await grade(compiled.value, { sample, item: {} })).reward).toBe(1);
    const silent = await grade(compiled.value, { sample: sampleOf('no call', { tools }), item: {} });
    expect([silent.reward, silent.errors.sample_parse_error]).toEqual([0, true]);
  });
});
