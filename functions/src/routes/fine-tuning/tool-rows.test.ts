/** Rows about functions: what the template lists, what is trained of a call, and what is refused. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preflightUnderTest, type PreflightUnderTest } from '../../test-kit/preflight-under-test.js';
import { publishToolModel } from '../../test-kit/tool-model.js';

const WEATHER = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { place: { type: 'string' } } } },
};
const question = { role: 'user', content: 'Rain?' };
const call = {
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'call00001', type: 'function', function: { name: 'weather', arguments: '{"place":"sea"}' } }],
};
const result = { role: 'tool', tool_call_id: 'call00001', content: 'yes' };
const answer = { role: 'assistant', content: 'It rains.' };
const SFT_ROW = { messages: [question, call, result, answer], tools: [WEATHER], parallel_tool_calls: false };
const PAIR = {
  input: { messages: [question], tools: [WEATHER], parallel_tool_calls: true },
  preferred_output: [call, result, answer],
  non_preferred_output: [{ role: 'assistant', content: 'No.' }],
};

let test: PreflightUnderTest;
let model: string;
beforeEach(async () => {
  test = await preflightUnderTest();
  model = await publishToolModel(test.api, 'tagged');
});
afterEach(() => test.api.app.close());

/** The trained and the given text of each sequence of the first row. */
async function seen(rows: readonly object[], fields: object) {
  const training_file = await test.upload(rows);
  const report = await test.report({ model, training_file, ...fields });
  expect(report.errors).toEqual([]);
  return (report.phases[0]?.training.preview ?? []).map(({ tokens }) => {
    const text = (isTrained: boolean) =>
      tokens.flatMap((token) => (token.trained === isTrained ? [token.text] : [])).join('');
    return { trained: text(true), given: text(false) };
  });
}

it('supervised rows list their functions, and train the calls and not the results', async () => {
  const [row] = await seen([SFT_ROW], {});
  expect(row?.given).toContain('"name": "weather"');
  expect(row?.given).toContain('yes');
  expect(row?.trained).toBe(
    '<tool_call>\n{"name": "weather", "arguments": {"place": "sea"}}\n</tool_call><|end|>It rains.<|end|>',
  );
  expect((await test.create({ model, training_file: await test.upload([SFT_ROW]) })).statusCode).toBe(200);
});

it('a call with weight 0 is not trained', async () => {
  const [row] = await seen([{ ...SFT_ROW, messages: [question, { ...call, weight: 0 }, result, answer] }], {});
  expect(row?.trained).toBe('It rains.<|end|>');
});

it('pairs list their functions; an answer may call, be told and speak', async () => {
  const [chosen, rejected] = await seen([PAIR], { method: { type: 'dpo' } });
  expect(chosen?.trained).toMatch(/^<tool_call>[\s\S]*It rains\.<\|end\|>$/);
  expect(chosen?.given).toContain('yes');
  expect(rejected?.trained).toBe('No.<|end|>');
  for (const sequence of [chosen, rejected]) expect(sequence?.given).toContain('"name": "weather"');
});

it('reinforcement rows list their functions, whose calls the grader reads', async () => {
  const grader = {
    type: 'string_check',
    name: 'called',
    input: '{{ sample.output_tools[0].function.name }}',
    reference: '{{ item.wanted }}',
    operation: 'eq',
  };
  const rows = [{ messages: [question], tools: [WEATHER], wanted: 'weather' }];
  const training_file = await test.upload(rows);
  const method = { type: 'reinforcement', reinforcement: { grader, hyperparameters: { batch_size: 1 } } };
  const report = await test.report({ model, training_file, method });
  // Fresh weights call nothing: what reads a call has nothing to read, which is the answer's own 0.
  expect(report.errors.map(({ code }) => code)).toEqual(['zero_reward_variance']);
  expect(report.phases[0]?.rewards?.flagged).toBe(0);
  const created = await test.create({ model, training_file, method, preflight: { force: true } });
  expect(created.statusCode, created.body).toBe(200);
});

describe('refused', () => {
  it('rows with functions for a model whose template lists none', async () => {
    const created = await test.create({ training_file: await test.upload([SFT_ROW]) });
    const { error } = created.json() as { error: { code: string; message: string } };
    expect(error.code).toBe('invalid_training_file');
    expect(error.message).toMatch(/line 1 cannot be tokenised: .*chat template of this model/);
  });

  it.each<[string, object, RegExp]>([
    [
      'a function without a name',
      { ...SFT_ROW, tools: [{ type: 'function', function: {} }] },
      /tools\.0\.function\.name/,
    ],
    ['a message without content or calls', { messages: [{ role: 'assistant' }] }, /messages\.0\.content is required/],
    ['calls of a user', { messages: [{ ...call, role: 'user' }] }, /messages\.0\.tool_calls is allowed on assistant/],
    [
      'an answer that ends with a result',
      { ...PAIR, preferred_output: [call, result] },
      /preferred_output must end with/,
    ],
    [
      'arguments that are no text',
      { messages: [{ ...call, tool_calls: [{ ...call.tool_calls[0], function: { name: 'f', arguments: {} } }] }] },
      /arguments must be string/,
    ],
  ])('at upload: %s', async (_, row, says) => {
    await expect(test.upload([row])).rejects.toThrow(says);
  });

  it('a result of no call', async () => {
    const messages = [question, { ...result, tool_call_id: 'other' }, answer];
    const created = await test.create({ model, training_file: await test.upload([{ messages, tools: [WEATHER] }]) });
    expect(created.body).toContain('messages[1].tool_call_id');
  });
});
