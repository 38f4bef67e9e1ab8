import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnText } from '../oracle/drawn-text.js';
import { grammarOf as of, isDocument, refusal, takes as accepts } from '../oracle/schema-grammars.js';
import { Grammar } from './grammar-state.js';
import { anyObject } from './json-grammar.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { SchemaReading } from './schema-reading.js';

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
    expect(refusal(schema).path).toBe(path);
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
  const two = grammar.start.walk(new TextEncoder().encode('[1,2'));
  expect(grammar.start.walk(new TextEncoder().encode(`[${new Array(1000).fill(2).join()}`))).toBe(two);
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

  it('may say the same of many values, and is refused as a whole where it says too much of them', () => {
    const emails = (lengthOf: (index: number) => number) => ({
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [`e${i}`, { type: 'string', format: 'email', maxLength: lengthOf(i) }]),
      ),
    });
    const same = of(emails(() => 200));
    expect(accepts(same, '{"e0":"a@b.co","e7":"c@d.org"}')).toBe(true);
    expect(accepts(same, '{"e7":"c@d"}')).toBe(false);
    const { path, message } = refusal(emails((index) => 200 + index));
    expect(path).toMatch(/^properties\.e[1-7]\.format$/);
    expect(message).toContain('the schema as a whole is too large');
  }, 20_000);

  it('shares what it may take with the others of its request', () => {
    const large = (index: number) => ({ type: 'string', pattern: `a.{0,60}b.{0,${60 + index}}c` });
    const reading = new SchemaReading();
    expect(() => jsonSchemaGrammar(large(0), reading)).toThrow('too large');
    expect(() => jsonSchemaGrammar({ type: 'integer', minimum: 3 }, reading)).toThrow('as a whole');
    for (let index = 1; index < 100; index++) {
      expect(() => jsonSchemaGrammar(large(index), reading)).toThrow('as a whole');
    }
    // One that had all of its own would take about a second.
  }, 20_000);

  it('is refused beyond a limit', () => {
    expect(() => of({ const: 'x'.repeat(300_000) })).toThrow('the schema: must have at most');
  });
});

const leaf = fc.oneof(
  fc.record({
    type: fc.constant('string'),
    pattern: fc.constantFrom('^[a-z]{2,4}$', '^(?:yes|no)', '\\d$', '^\\w+(?: \\w+)*$'),
  }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom('date', 'ipv4', 'uuid', 'email', 'duration') }),
  fc.record({ type: fc.constant('string'), minLength: fc.nat(2), maxLength: fc.integer({ min: 2, max: 5 }) }),
  fc.record({
    type: fc.constantFrom('number', 'integer'),
    minimum: fc.integer({ min: -50, max: 50 }),
    exclusiveMaximum: fc.integer({ min: 51, max: 900 }),
  }),
  fc.record({ type: fc.constant('integer'), multipleOf: fc.integer({ min: 1, max: 12 }), maximum: fc.nat(500) }),
  fc.constantFrom({ type: 'boolean' }, { type: 'null' }, { enum: ['a', 1, null] }, { const: { x: [1] } }),
);
const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      type: fc.constant('array'),
      items: tie('schema'),
      minItems: fc.nat(2),
      maxItems: fc.integer({ min: 2, max: 3 }),
    }),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    fc.array(fc.tuple(tie('schema'), fc.boolean()), { maxLength: 4 }).map((members) => ({
      type: 'object',
      properties: Object.fromEntries(members.map(([member], index) => [`m${index}`, member])),
      required: members.flatMap(([, isRequired], index) => (isRequired ? [`m${index}`] : [])),
      additionalProperties: false,
    })),
  ),
}));

describe('a schema of all of these', () => {
  it('is fulfilled by every text that is written, and takes it back as it is usually written', () => {
    fc.assert(
      fc.property(schema, fc.nat(), (any, seed) => {
        const grammar = of(any);
        const value: unknown = JSON.parse(drawnText(grammar.start, seed, seed % 200));
        expect([value, isDocument(any, value)]).toEqual([value, true]);
        if (!/\d[eE]/.test(JSON.stringify(value)))
          expect([value, accepts(grammar, JSON.stringify(value))]).toEqual([value, true]);
      }),
      { numRuns: 150 },
    );
  });
});
