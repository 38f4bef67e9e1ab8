import { describe, expect, it } from 'vitest';
import { drawnText } from '../oracle/drawn-text.js';
import { Grammar } from './grammar-state.js';
import { anyObject } from './json-grammar.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { SchemaError } from './schema-error.js';

const utf8 = (text: string) => new TextEncoder().encode(text);
const accepts = (grammar: Grammar, text: string) => grammar.start.walk(utf8(text))?.isAccepting === true;
const of = (schema: unknown) => new Grammar(jsonSchemaGrammar(schema));

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 5 },
    age: { type: 'integer' },
    tags: { type: 'array', items: { enum: ['a', 'b', 3] }, maxItems: 2 },
    friend: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
  },
  required: ['name', 'friend'],
  additionalProperties: false,
};

describe('a schema', () => {
  const person = of(PERSON);

  it.each([
    '{"name":"x","friend":null}',
    '{"name": "é😀", "age": -12, "tags": [], "friend": null}',
    '{\n  "name": "\\u00e9",\n  "tags": ["a", 3],\n  "friend": {"name":"y","friend":null}\n}',
  ])('takes %s', (text) => {
    expect(accepts(person, text)).toBe(true);
    JSON.parse(text);
  });

  it.each([
    ['a member too many', '{"name":"x","friend":null,"more":1}'],
    ['a member too few', '{"name":"x"}'],
    ['another order', '{"friend":null,"name":"x"}'],
    ['a string too long', '{"name":"123456","friend":null}'],
    ['a string too short', '{"name":"","friend":null}'],
    ['a fraction for an integer', '{"name":"x","age":1.5,"friend":null}'],
    ['a leading zero', '{"name":"x","age":01,"friend":null}'],
    ['a value outside an enumeration', '{"name":"x","tags":["c"],"friend":null}'],
    ['an item too many', '{"name":"x","tags":["a","a","a"],"friend":null}'],
    ['half a surrogate pair', '{"name":"\\ud83d","friend":null}'],
    ['text behind the end', '{"name":"x","friend":null} '],
    ['a control character', '{"name":"\n","friend":null}'],
    ['a comma at the end', '{"name":"x","friend":null,}'],
  ])('refuses %s', (_, text) => {
    expect(accepts(person, text)).toBe(false);
  });

  it('allows only texts that parse and are documents of it', () => {
    for (let seed = 0; seed < 60; seed++) {
      const value = JSON.parse(drawnText(person.start, seed, seed % 2 === 0 ? 40 : 200)) as Record<string, unknown>;
      expect(Object.keys(value).filter((key) => !(key in PERSON.properties))).toEqual([]);
      const length = [...(value['name'] as string)].length;
      expect(length >= 1 && length <= 5).toBe(true);
      if ('age' in value) expect(Number.isSafeInteger(value['age'])).toBe(true);
      expect('friend' in value).toBe(true);
    }
  });

  it.each([
    [{ type: 'object', properties: { a: { type: 'array', uniqueItems: true } } }, 'properties.a.uniqueItems'],
    [{ type: 'number', pattern: 'x' }, 'pattern'],
    [{ type: 'text' }, 'type'],
    [{ anyOf: [] }, 'anyOf'],
    [{ $ref: '#/$defs/b', $defs: { a: {} } }, '$ref'],
    [{ $defs: { a: { type: 'strin' } }, $ref: '#/$defs/a' }, '$defs.a.type'],
    [{ type: 'object', properties: {}, required: ['a'] }, 'required'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, 'minItems'],
    [{ type: 'string', maxLength: 1e6 }, 'maxLength'],
    ['x', ''],
  ])('that cannot be kept is refused where it cannot: %j', (schema, path) => {
    let caught: unknown;
    try {
      jsonSchemaGrammar(schema);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SchemaError);
    expect((caught as SchemaError).path).toBe(path);
  });

  it('without constraints is any value; of types by what it says', () => {
    expect(accepts(of({}), '[1, {"a": null}]')).toBe(true);
    expect(accepts(of({ items: { type: 'boolean' } }), '[true,false]')).toBe(true);
    expect(accepts(of({ type: ['string', 'null'] }), 'null')).toBe(true);
    expect(accepts(of({ type: 'object', additionalProperties: { type: 'integer' } }), '{"a":1,"b":2}')).toBe(true);
    expect(accepts(of({ type: 'object', additionalProperties: { type: 'integer' } }), '{"a":"1"}')).toBe(false);
    expect(accepts(of({ type: 'object', properties: {}, additionalProperties: false }), '{}')).toBe(true);
    expect(accepts(of({ const: { a: [1] } }), '{"a":[1]}')).toBe(true);
    expect(accepts(of({ type: 'object', properties: { a: {}, b: {} } }), '{"b":1}')).toBe(true);
  });
});

it('any JSON object parses', () => {
  const grammar = new Grammar(anyObject);
  for (let seed = 0; seed < 60; seed++) {
    const value: unknown = JSON.parse(drawnText(grammar.start, seed, 80));
    expect(typeof value === 'object' && !Array.isArray(value)).toBe(true);
  }
});

it('has as many states for an item a thousand times as for an item twice', () => {
  const grammar = of({ type: 'array', items: { type: 'integer' } });
  const two = grammar.start.walk(utf8('[1,2'));
  expect(grammar.start.walk(utf8(`[${new Array(1000).fill(2).join()}`))).toBe(two);
});

describe('a large schema', () => {
  const names = Array.from({ length: 9000 }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, {}]));

  it('is a grammar like any other: of thousands of optional members, of values, of one very long value', () => {
    expect(accepts(of({ type: 'object', properties, additionalProperties: false }), '{"p8999": 1}')).toBe(true);
    expect(accepts(of({ enum: names }), '"p8999"')).toBe(true);
    const long = 'x'.repeat(130_000);
    expect(accepts(of({ const: long }), JSON.stringify(long))).toBe(true);
  });

  it('is refused beyond a limit', () => {
    expect(() => of({ const: 'x'.repeat(300_000) })).toThrow('the schema: must have at most');
  });
});
