import type { ChatCompletion, ChatCompletionChunk, ChatToolCall } from '@preheat/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { LIST_MARKER, publishToolModel } from '../test-kit/tool-model.js';

const WEATHER = {
  name: 'weather',
  description: 'Tells the weather.',
  parameters: {
    type: 'object',
    properties: { place: { enum: ['sea', 'hill'] }, days: { type: 'array', items: { type: 'boolean' }, maxItems: 2 } },
    required: ['place', 'days'],
    additionalProperties: false,
  },
};
const tool = (definition: object) => ({ type: 'function', function: definition });
const TOOLS = [tool(WEATHER), tool({ name: 'now' })];
const messages = [{ role: 'user', content: 'Rain?' }];
const one = { tools: TOOLS, tool_choice: 'required', parallel_tool_calls: false, seed: 5 };

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

const chat = (model: string, fields: object) =>
  api.call({ method: 'POST', url: '/v1/chat/completions', payload: { model, messages, max_tokens: 400, ...fields } });

async function choicesOf(model: string, fields: object): Promise<ChatCompletion['choices']> {
  const response = await chat(model, fields);
  if (response.statusCode !== 200) throw new Error(response.body);
  return (response.json() as ChatCompletion).choices;
}

interface Streamed {
  content: string | null;
  calls: ChatToolCall[];
  finish: string | null;
}

/** As the official clients put the pieces of a stream together. */
async function streamOf(model: string, fields: object): Promise<Streamed[]> {
  const { body } = await chat(model, { ...fields, stream: true });
  const choices: Streamed[] = [];
  for (const frame of body.split('\n\n').filter((text) => text.startsWith('data: {'))) {
    for (const { index, delta, finish_reason } of (JSON.parse(frame.slice(6)) as ChatCompletionChunk).choices) {
      const choice = (choices[index] ??= { content: null, calls: [], finish: null });
      if (delta.content) choice.content = (choice.content ?? '') + delta.content;
      for (const { index: at, ...call } of delta.tool_calls ?? []) choice.calls[at] = call;
      choice.finish = finish_reason ?? choice.finish;
    }
  }
  return choices;
}

const functionsOf = (calls: readonly ChatToolCall[] | undefined) => calls?.map((call) => call.function);

function checkCall({ id, type, function: called }: ChatToolCall): void {
  expect([id.length, type]).toEqual([9, 'function']);
  const values = JSON.parse(called.arguments) as { place?: string; days?: boolean[] };
  if (called.name === 'now') expect(values).toEqual({});
  else {
    expect(Object.keys(values)).toEqual(['place', 'days']);
    expect(WEATHER.parameters.properties.place.enum).toContain(values.place);
    expect(values.days?.every((day) => typeof day === 'boolean')).toBe(true);
  }
}

describe.each(['tagged', 'list', 'bare'] as const)('with calls that are %s', (kind) => {
  it('a forced call fits its schema, buffered, streamed and stored alike', async () => {
    const model = await publishToolModel(api, kind);
    const fields = { ...one, n: 4, store: true };
    const choices = await choicesOf(model, fields);
    for (const { finish_reason, message } of choices) {
      expect([finish_reason, message.content, message.tool_calls?.length]).toEqual(['tool_calls', null, 1]);
      message.tool_calls?.forEach(checkCall);
    }
    expect(new Set(choices.map(({ message }) => message.tool_calls?.[0]?.function.name)).size).toBe(2);
    const streamed = await streamOf(model, fields);
    expect(streamed.map(({ calls }) => functionsOf(calls))).toEqual(
      choices.map(({ message }) => functionsOf(message.tool_calls)),
    );
    expect(streamed.map(({ content, finish }) => [content, finish])).toEqual(choices.map(() => [null, 'tool_calls']));
    const { data } = (await api.call({ url: '/v1/chat/completions' })).json() as { data: ChatCompletion[] };
    expect(data[0]?.choices).toEqual(choices);
    expect(data[1]?.choices.map(({ message }) => message.tool_calls)).toEqual(streamed.map(({ calls }) => calls));
  });

  it('a named function is the one that is called', async () => {
    const model = await publishToolModel(api, kind);
    const tool_choice = { type: 'function', function: { name: 'weather' } };
    const choices = await choicesOf(model, { ...one, tool_choice, n: 3 });
    expect(choices.map(({ message }) => message.tool_calls?.[0]?.function.name)).toEqual([
      'weather',
      'weather',
      'weather',
    ]);
  });

  it('a choice of some tools lists all and calls those alone', async () => {
    const model = await publishToolModel(api, kind);
    const some = (mode: string) => {
      const tools = [{ type: 'function', function: { name: 'now' } }];
      return { ...one, tool_choice: { type: 'allowed_tools', allowed_tools: { mode, tools } } };
    };
    const choices = await choicesOf(model, { ...some('required'), n: 3 });
    expect(choices.map(({ message }) => message.tool_calls?.[0]?.function.name)).toEqual(['now', 'now', 'now']);
    const [free] = await choicesOf(model, { ...some('auto'), max_tokens: 10 });
    expect([free?.finish_reason, typeof free?.message.content]).toEqual(['length', 'string']);
  });

  it('text that is no call is content, and a conversation about a call goes on', async () => {
    const model = await publishToolModel(api, kind);
    const [first] = await choicesOf(model, one);
    const asked = [...messages, first?.message];
    const [call] = first?.message.tool_calls ?? [];
    const told = [...asked, { role: 'tool', tool_call_id: call?.id, content: 'yes' }];
    const fields = { tools: TOOLS, seed: 1, max_tokens: 20 };
    const [answer] = await choicesOf(model, { ...fields, messages: told });
    expect([answer?.finish_reason, typeof answer?.message.content]).toEqual(['length', 'string']);
    expect(answer?.message).not.toHaveProperty('tool_calls');
    const [streamed] = await streamOf(model, { ...fields, messages: told });
    expect(streamed).toEqual({ content: answer?.message.content, calls: [], finish: 'length' });
    const lost = await chat(model, { messages: [...asked, { role: 'tool', tool_call_id: 'c', content: 'yes' }] });
    expect(lost.json()).toMatchObject({
      error: { param: 'messages', message: expect.stringContaining('tool_call_id') },
    });
  });
});

describe('a call that the model decides on', () => {
  /** A bias makes it decide. */
  const deciding = { tools: TOOLS, parallel_tool_calls: false, seed: 2, logit_bias: {} as Record<string, number> };
  let model: string;
  beforeEach(async () => {
    model = await publishToolModel(api, 'list');
    const record = await api.deps.models.find('proj-one', model);
    if (!record) throw new Error('the model is missing');
    const { tokenizer } = await api.deps.models.describe(record);
    deciding.logit_bias = { [String(tokenizer.tokenToId(LIST_MARKER))]: 100 };
  });

  it('is held to the schema of a strict function', async () => {
    const tools = [tool({ ...WEATHER, strict: true })];
    const [choice] = await choicesOf(model, { ...deciding, tools });
    expect([choice?.finish_reason, choice?.message.content]).toEqual(['tool_calls', null]);
    choice?.message.tool_calls?.forEach(checkCall);
    expect(await streamOf(model, { ...deciding, tools })).toMatchObject([{ finish: 'tool_calls' }]);
    const [plain] = await choicesOf(model, { tools, seed: 3, max_tokens: 10 });
    expect(plain?.message.content).not.toBe('');
  });

  it('may stand in for an answer that has a format', async () => {
    const schema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema } };
    const tools = [tool({ ...WEATHER, strict: true })];
    const [called] = await choicesOf(model, { ...deciding, tools, response_format });
    expect(called?.finish_reason).toBe('tool_calls');
    const { logit_bias: _, ...undecided } = deciding;
    const choices = await choicesOf(model, { ...undecided, tools, response_format, n: 8 });
    const answered = choices.filter(({ message }) => message.tool_calls === undefined);
    expect(answered.length).toBeGreaterThan(0);
    for (const { message } of answered)
      expect(JSON.parse(message.content ?? '')).toMatchObject({ sure: expect.any(Boolean) });
  });

  it('is text where it is cut off, less the control token before it, and can be sent back', async () => {
    const fields = { ...deciding, tools: [tool({ ...WEATHER, strict: true })], max_tokens: 20 };
    const [choice] = await choicesOf(model, fields);
    expect(choice?.message.content).toMatch(/^ \[\{"name": /);
    expect(choice?.finish_reason).toBe('length');
    expect(await streamOf(model, fields)).toEqual([{ content: choice?.message.content, calls: [], finish: 'length' }]);
    const told = [...messages, choice?.message, { role: 'user', content: 'Go on.' }];
    expect(await choicesOf(model, { ...fields, messages: told, max_tokens: 1 })).toHaveLength(1);
  });
});

it('tool_choice none lists no tools', async () => {
  const model = await publishToolModel(api, 'tagged');
  const usage = async (fields: object) =>
    ((await chat(model, { max_tokens: 1, ...fields })).json() as ChatCompletion).usage.prompt_tokens;
  const plain = await usage({});
  expect(await usage({ tools: TOOLS, tool_choice: 'none' })).toBe(plain);
  expect(await usage({ tools: TOOLS })).toBeGreaterThan(plain + 100);
});

const withParameters = (parameters: object, strict = false) => ({
  ...one,
  tools: [tool({ name: 'f', parameters, ...(strict ? { strict } : {}) })],
});
const WITH_UNIQUE_ITEMS = { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } };

it('a forced call is any object where its schema has a keyword that cannot be kept and nothing promises it', async () => {
  const model = await publishToolModel(api, 'tagged');
  const response = await chat(model, withParameters(WITH_UNIQUE_ITEMS));
  expect(response.statusCode).toBe(200);
});

/** With a divisor of about 1000, it takes more than half of what all schemas of a request may take. */
const dividing = (name: string, multipleOf: number, rest: object = {}) => {
  const properties = { n: { type: 'integer', minimum: -5, multipleOf }, ...rest };
  return tool({ name, parameters: { type: 'object', properties, required: ['n'], additionalProperties: false } });
};
const strictly = ({ type, function: definition }: ReturnType<typeof tool>) => ({
  type,
  function: { ...definition, strict: true },
});
const TOO_LARGE = { s: { type: 'string', pattern: 'a.{0,500}b.{0,500}c' } };

it('a strict function is kept beside one that promises nothing and would take all that schemas may take', async () => {
  const model = await publishToolModel(api, 'tagged');
  const tools = [dividing('loose', 7, TOO_LARGE), strictly(dividing('strict', 9))];
  const response = await chat(model, { tools, tool_choice: 'required' });
  expect([response.statusCode, response.body]).toEqual([200, expect.anything()]);
});

describe('refused', () => {
  it.each<[string, object, string, string]>([
    [
      'a strict function with a keyword that cannot be kept',
      withParameters(WITH_UNIQUE_ITEMS, true),
      'tools.0.function.parameters.properties.a.uniqueItems',
      'cannot be enforced here',
    ],
    [
      'arguments that are no object',
      withParameters({ type: 'string' }),
      'tools.0.function.parameters.type',
      '"object"',
    ],
    [
      'strict functions that take too much together',
      { tools: [997, 998, 999].map((divisor) => strictly(dividing(`f${divisor}`, divisor))), tool_choice: 'required' },
      'tools.1.function.parameters.properties.n.minimum',
      'too large beside those of what is constrained before',
    ],
    [
      'a strict function that has nothing left beside the format of answers',
      {
        tools: [strictly(dividing('f', 999))],
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { type: 'integer', minimum: 0, multipleOf: 998 } },
        },
      },
      'response_format.json_schema.schema.minimum',
      'the schema as a whole is too large',
    ],
    ['a function twice', { tools: [...TOOLS, tool({ name: 'now' })] }, 'tools.2.function.name', 'the same name'],
    [
      'a function that is not there',
      { tools: TOOLS, tool_choice: { type: 'function', function: { name: 'rm' } } },
      'tool_choice',
      "names 'rm'",
    ],
    [
      'a choice among tools of one that is not there',
      {
        tools: TOOLS,
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'rm' } }] },
        },
      },
      'tool_choice',
      "names 'rm'",
    ],
    ['a control token', { tools: [tool({ name: 'f', description: '<|end|>' })] }, 'tools', 'control token'],
    ['another kind of tool', { tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'tools.0.type', 'must be'],
  ])('%s', async (_, fields, param, message) => {
    const model = await publishToolModel(api, 'tagged');
    const response = await chat(model, fields);
    const error = { code: 'invalid_request', param, message: expect.stringContaining(message) };
    expect([response.statusCode, response.json()]).toMatchObject([400, { error }]);
  });
});
