import { describe, expect, it } from 'vitest';
import { startApi } from '../test-kit/api-under-test.js';
import { chat, chunksOf, complete, textOf } from '../test-kit/chat-requests.js';

describe('response_format', () => {
  const schema = {
    type: 'object',
    properties: {
      word: { enum: ['cat', 'dog'] },
      sure: { type: 'boolean' },
      n: { type: 'array', items: { type: 'integer' }, maxItems: 3 },
    },
    required: ['word', 'sure', 'n'],
    additionalProperties: false,
  };
  const format = (schema: object) => ({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } });

  it('json_schema: every answer is a document of it, buffered and streamed alike', async () => {
    const api = await startApi();
    const fields = { response_format: format(schema), seed: 4, n: 4, temperature: 1.2, max_tokens: 120 };
    const answer = await complete(api, fields);
    for (const { message, finish_reason } of answer.choices) {
      expect(finish_reason).toBe('stop');
      const value = JSON.parse(message.content ?? '') as { word: string; sure: boolean; n: number[] };
      expect(Object.keys(value)).toEqual(['word', 'sure', 'n']);
      expect(['cat', 'dog']).toContain(value.word);
      expect(typeof value.sure).toBe('boolean');
      expect(value.n.length).toBeLessThanOrEqual(3);
    }
    expect(new Set(answer.choices.map(({ message }) => message.content)).size).toBeGreaterThan(1);
    const chunks = chunksOf((await chat(api, { ...fields, stream: true })).body);
    for (const { index, message } of answer.choices) expect(textOf(chunks, index).join('')).toBe(message.content);
    await api.app.close();
  });

  it('json_schema: strings of a pattern and a format, numbers within bounds, as far as the tokens reach', async () => {
    const api = await startApi();
    const properties = {
      code: { type: 'string', pattern: '^[A-Z]{2}-\\d{3}$' },
      day: { type: 'string', format: 'date' },
      share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      points: { type: 'integer', minimum: 10, maximum: 30, multipleOf: 5 },
    };
    const schema = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
    const fields = { response_format: format(schema), max_tokens: 120, n: 6, temperature: 1.5, seed: 11 };
    const whole = (await complete(api, fields)).choices.filter(({ finish_reason }) => finish_reason === 'stop');
    expect(whole.length).toBeGreaterThan(0);
    for (const { message } of whole) {
      const { code, day, share, points } = JSON.parse(message.content ?? '') as {
        code: string;
        day: string;
        share: number;
        points: number;
      };
      expect(code).toMatch(/^[A-Z]{2}-\d{3}$/);
      expect(new Date(day).toISOString().slice(0, 10)).toBe(day);
      expect(share > 0 && share <= 1).toBe(true);
      expect([10, 15, 20, 25, 30]).toContain(points);
    }
    await api.app.close();
  });

  it('json_object: an object as far as the tokens reach', async () => {
    const api = await startApi();
    const { choices } = await complete(api, { response_format: { type: 'json_object' }, seed: 1, max_tokens: 20 });
    expect(choices[0]?.message.content).toMatch(/^\{/);
    const text = await complete(api, { response_format: { type: 'text' }, seed: 1, max_tokens: 5 });
    expect(text.choices).toEqual((await complete(api, { seed: 1, max_tokens: 5 })).choices);
    await api.app.close();
  });

  it('is refused where it cannot be kept: by keyword and place, and where the model has no token for it', async () => {
    const api = await startApi();
    const refusal = async (schema: object) => {
      const response = await chat(api, { response_format: format(schema), max_tokens: 30 });
      const { error } = response.json() as { error: { param: string; message: string } };
      return [response.statusCode, error.param, error.message];
    };
    const path = 'response_format.json_schema.schema.properties.a';
    const refused: readonly (readonly [schema: object, keyword: string, message: string])[] = [
      [{ type: 'array', uniqueItems: true }, 'uniqueItems', 'cannot be enforced here'],
      [{ type: 'string', pattern: '(?=x)' }, 'pattern', 'looks ahead or behind with "(?="'],
      [{ type: 'string', format: 'uri' }, 'format', 'must be one of date-time, date'],
      [{ type: 'number', multipleOf: 0.01 }, 'multipleOf', 'must be an integer from 1 to 1000'],
      [{ type: 'integer', minimum: 2, maximum: 1 }, 'minimum', 'nothing fulfils minimum 2, maximum 1'],
    ];
    for (const [a, keyword, message] of refused) {
      const answer = [400, `${path}.${keyword}`, expect.stringContaining(message)];
      expect(await refusal({ type: 'object', properties: { a } })).toEqual(answer);
    }
    expect(await refusal({ enum: ['😀'] })).toEqual([
      400,
      'response_format',
      expect.stringContaining("The model's vocabulary cannot write an answer of this format"),
    ]);
    await api.app.close();
  });
});
