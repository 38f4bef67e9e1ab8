/** What patterns, formats and bounds allow, against validators of the same: TypeBox for schemas, the engine's own regular expressions. */
import fc from 'fast-check';
import { Check } from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { drawnText } from '../oracle/drawn-text.js';
import { Grammar } from './grammar-state.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { SchemaError } from './schema-error.js';

const of = (schema: unknown): Grammar => new Grammar(jsonSchemaGrammar(schema));
const takes = (grammar: Grammar, text: string) =>
  grammar.start.walk(new TextEncoder().encode(text))?.isAccepting === true;
const isDocument = (schema: object, value: unknown): boolean => Check(schema, value);

/** Undefined for a schema that nothing fulfils. Those whose automata are too large say nothing. */
function ofSatisfiable(schema: unknown): Grammar | undefined {
  try {
    return of(schema);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    fc.pre(!error.message.includes('too large'));
    expect(error.message).toContain('nothing fulfils');
    return undefined;
  }
}

function refusal(schema: unknown): SchemaError {
  try {
    jsonSchemaGrammar(schema);
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
  throw new Error('the schema was taken');
}

const CHARACTERS = ['a', 'b', 'c', 'Z', '0', '7', '_', '-', ' ', '\n', '"', '\\', '/', 'é', 'ß', '\u2028', '字', '😀'];
const text = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 8 }).map((characters) => characters.join(''));

const { pattern } = fc.letrec<{ pattern: string; part: string; atom: string; anchored: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie('anchored'),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `${one}|${other}`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one})(?:${other})`),
  ),
  anchored: fc
    .tuple(fc.constantFrom('', '^'), fc.array(tie('part'), { maxLength: 3 }), fc.constantFrom('', '$'))
    .map(([start, parts, end]) => `${start}${parts.join('')}${end}`),
  part: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,}', '{0,3}', '+?', '{2,3}?'))
    .map((both) => both.join('')),
  atom: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(
      'a',
      'b',
      'c',
      '0',
      '-',
      'é',
      '😀',
      '.',
      '\\d',
      '\\D',
      '\\w',
      '\\W',
      '\\s',
      '\\S',
      '\\n',
      '\\/',
      '"',
    ),
    fc.constantFrom(
      '[a-c]',
      '[^a]',
      '[\\d_]',
      '[^\\s\\S]',
      '[^]',
      '[😀-😂]',
      '[\\W0]',
      '[a\\-]',
      '\\u00e9',
      '\\x61',
      '\\u{1f600}',
      '\\ud83d\\ude00',
    ),
    fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => `(${parts.join('')})`),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => `(?:${one}|${other})`),
  ),
}));

describe('a pattern', () => {
  it('takes exactly the strings that a regular expression finds it in', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 12 }), (source, texts) => {
        const grammar = ofSatisfiable({ type: 'string', pattern: source });
        for (const each of texts) {
          expect([each, grammar !== undefined && takes(grammar, JSON.stringify(each))]).toEqual([
            each,
            new RegExp(source, 'u').test(each),
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is found in every text that is written, however it is escaped', () => {
    const lengths = fc.record({ minLength: fc.nat(4), maxLength: fc.integer({ min: 4, max: 12 }) });
    fc.assert(
      fc.property(pattern, fc.option(lengths, { nil: {} }), fc.nat(), (source, bounds, seed) => {
        const schema = { type: 'string', pattern: source, ...bounds };
        const grammar = ofSatisfiable(schema);
        if (!grammar) return;
        const value: unknown = JSON.parse(drawnText(grammar.start, seed, 24));
        expect([value, isDocument(schema, value)]).toEqual([value, true]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    String.raw`^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$`,
    String.raw`^(?:https?:\/\/)?[\w-]+(?:\.[\w-]+)+(?:\/[^\s?#]*)?(?:\?[^\s#]*)?$`,
    String.raw`^\+?[1-9]\d{1,14}$`,
    String.raw`^#(?:[0-9a-fA-F]{3}){1,2}$`,
    String.raw`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[\da-z-]+(?:\.[\da-z-]+)*)?$`,
    String.raw`^.{1,1000}$`,
    '(?:red|green|blue)(?: wine)?',
  ])('%s is nothing large', (source) => {
    const value: unknown = JSON.parse(drawnText(of({ type: 'string', pattern: source, maxLength: 200 }).start, 1, 30));
    expect(value).toMatch(new RegExp(source, 'u'));
  });

  it('has as many places for a thousand characters as for two', () => {
    const { start } = of({ type: 'string', pattern: '^(?:[a-c]+-)*[a-c]+$' });
    const after = (text: string) => start.walk(new TextEncoder().encode(text));
    expect(after(`"${'abc-'.repeat(250)}a`)).toBe(after('"b-a'));
    expect(after('"b-a')).not.toBe(null);
  });

  it('may be escaped as JSON allows, by what the escapes mean', () => {
    const grammar = of({ type: 'string', pattern: '^[é/\\n"]+$' });
    for (const written of ['é', '\\u00e9', '\\u00E9', '\\/', '\\n', '\\u000a', '\\"']) {
      expect([written, takes(grammar, `"${written}"`)]).toEqual([written, true]);
    }
    for (const written of ['\\u00ea', '\\t', '\\\\', 'e', '\n']) {
      expect([written, takes(grammar, `"${written}"`)]).toEqual([written, false]);
    }
  });

  it.each([
    ['(?=a)b', 'looks ahead or behind with "(?="'],
    ['(?<!a)b', 'looks ahead or behind with "(?<!"'],
    ['(a)\\1', 'has the back-reference "\\1"'],
    ['(?<n>a)\\k<n>', 'has the back-reference "\\k"'],
    ['\\bword\\b', 'has the word boundary "\\b"'],
    ['[\\p{L}]', 'has the Unicode property "\\p"'],
    ['(^a)+', 'repeats "^" or "$" with "+"'],
    ['a{2000}', 'counts to more than 1000 with "{2000}"'],
    ['(', 'is no regular expression'],
    [`(${'a{1000}'.repeat(20)})`, 'more than 10000 characters'],
    ['a.{0,500}b.{0,500}c', 'automaton that is too large'],
    ['a^', 'nothing fulfils pattern "a^"'],
  ])('%s is refused, and it is said why', (source, message) => {
    const error = refusal({ type: 'object', properties: { name: { pattern: source } } });
    expect(error.path).toBe('properties.name.pattern');
    expect(error.message).toContain(message);
  });
});

describe('a format', () => {
  const TAKEN: Readonly<Record<string, readonly string[]>> = {
    'date-time': ['2024-02-29T23:59:59Z', '0000-01-01T00:00:00.123456789+23:59'],
    date: ['1999-12-31', '2000-02-29', '2023-04-30'],
    time: ['00:00:00Z', '12:30:45.5-08:00'],
    duration: ['P1Y2M3DT4H5M6S', 'PT0S', 'P4W', 'P2M', 'PT36H', 'P1DT12H'],
    email: ["o'brien+tag@mail.example.org", 'a@b.co', `${'a'.repeat(64)}@x.y`],
    hostname: [
      'localhost',
      'a-b.example.com',
      `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`,
    ],
    ipv4: ['0.0.0.0', '255.249.199.9'],
    ipv6: ['::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::ffff:192.168.0.1', '2001:db8::8a2e:370:7334'],
    uuid: ['123e4567-e89b-12d3-a456-426614174000', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
  };
  const REFUSED: Readonly<Record<string, readonly string[]>> = {
    'date-time': ['2023-02-29T00:00:00Z', '2024-02-29 00:00:00Z', '2024-01-01T00:00:00'],
    date: ['1900-02-29', '2023-04-31', '2023-13-01', '23-01-01'],
    time: ['24:00:00Z', '12:30:45', '12:60:00Z'],
    duration: ['P', 'PT', 'P1YT', 'P1W1D', 'P1Y1D', '1D'],
    email: ['a@b', 'a@', '@b.co', 'a..b@c.de', 'a@-b.co', `${'a'.repeat(65)}@x.y`],
    hostname: [
      '',
      '-a',
      'a-',
      'a..b',
      'xn--a',
      `${'a'.repeat(64)}`,
      'a_b',
      `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`,
    ],
    ipv4: ['256.0.0.1', '1.2.3', '01.2.3.4'],
    ipv6: ['1:2:3:4:5:6:7', '1::2::3', ':::', '12345::', '1:2:3:4:5:6:7:1.2.3.4', '1:2:3:4:5:6:7:8::'],
    uuid: ['123e4567e89b12d3a456426614174000', '123e4567-e89b-12d3-a456-42661417400g'],
  };

  it.each(Object.keys(TAKEN))('%s takes what its RFC does, and nothing else is written', (format) => {
    const schema = { type: 'string', format };
    const { start } = of(schema);
    const isTaken = (value: string) => [
      value,
      start.walk(new TextEncoder().encode(JSON.stringify(value)))?.isAccepting ?? false,
    ];
    expect(TAKEN[format]?.map(isTaken)).toEqual(TAKEN[format]?.map((value) => [value, true]));
    expect(REFUSED[format]?.map(isTaken)).toEqual(REFUSED[format]?.map((value) => [value, false]));
    for (const value of TAKEN[format] ?? []) expect([value, isDocument(schema, value)]).toEqual([value, true]);
    for (let seed = 0; seed < 40; seed++) {
      const value: unknown = JSON.parse(drawnText(start, seed, 40));
      expect([value, isDocument(schema, value)]).toEqual([value, true]);
    }
  });

  it('holds beside a pattern and a length', () => {
    const grammar = of({ type: 'string', format: 'email', pattern: '@example\\.com$', maxLength: 16 });
    expect(takes(grammar, '"abc@example.com"')).toBe(true);
    expect(takes(grammar, '"abcde@example.com"')).toBe(false);
    expect(takes(grammar, '"abc@example.org"')).toBe(false);
    expect(takes(of({ type: 'string', format: 'hostname', maxLength: 5 }), '"a.b.cd"')).toBe(false);
  });

  it('that cannot be enforced is refused with those that can', () => {
    const { path, message } = refusal({ type: 'string', format: 'uri' });
    expect(path).toBe('format');
    expect(message).toContain('must be one of date-time, date, time, duration, email, hostname, ipv4, ipv6, uuid');
  });
});

const decimal = fc
  .tuple(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: -6, max: 6 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
const extreme = fc
  .tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -30, max: 30 }))
  .map(([digits, exponent]) => Number(`${digits}e${exponent}`));
/** Whether bounded numbers are written like this: 15 digits, zeros before the first of a fraction among them, and two of an exponent. */
function isWritten(value: number): boolean {
  const [, whole = '', part = '', exponent = ''] =
    /^-?(\d+)(?:\.(\d+))?(?:e[+-](\d+))?$/.exec(JSON.stringify(value)) ?? [];
  const digits = part.length + (whole === '0' ? 0 : whole.length);
  return digits <= 15 && exponent.length <= 2;
}

const numberBounds = fc
  .record(
    {
      minimum: fc.oneof(decimal, extreme, fc.double({ noNaN: true, noDefaultInfinity: true })),
      maximum: fc.oneof(decimal, extreme, fc.double({ noNaN: true, noDefaultInfinity: true })),
      exclusiveMinimum: fc.oneof(decimal, extreme),
      exclusiveMaximum: fc.oneof(decimal, extreme),
    },
    { requiredKeys: [] },
  )
  .filter((bounds) => Object.keys(bounds).length > 0);

describe('bounds of numbers', () => {
  it('take exactly the numbers within', () => {
    const sharp = (bounds: object) =>
      Object.values(bounds).flatMap((bound: number) => [bound, bound + 1, bound - 1, bound * 1.25, -bound, bound / 10]);
    fc.assert(
      fc.property(numberBounds, fc.array(fc.oneof(decimal, extreme), { maxLength: 12 }), (bounds, numbers) => {
        const grammar = ofSatisfiable({ type: 'number', ...bounds });
        const whole = ofSatisfiable({ type: 'integer', ...bounds });
        for (const value of [...numbers, ...sharp(bounds), 0].filter(isWritten)) {
          const isWithin = isDocument({ type: 'number', ...bounds }, value);
          const written = JSON.stringify(value);
          const isTaken = (by: Grammar | undefined) => by !== undefined && takes(by, written);
          expect([value, isTaken(grammar)]).toEqual([value, isWithin]);
          const isInteger = /^-?\d{1,15}$/.test(written);
          expect([value, isTaken(whole)]).toEqual([value, isWithin && isInteger]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('hold of every number that is written', () => {
    fc.assert(
      fc.property(numberBounds, fc.constantFrom('number', 'integer'), fc.nat(), (bounds, type, seed) => {
        const schema = { type, ...bounds };
        const grammar = ofSatisfiable(schema);
        if (!grammar) return;
        const value: unknown = JSON.parse(drawnText(grammar.start, seed, 1 + (seed % 20)));
        expect([value, isDocument(schema, value)]).toEqual([value, true]);
      }),
      { numRuns: 200 },
    );
  });

  it('are exact to the last digit that a double holds', () => {
    const above = of({ type: 'number', exclusiveMinimum: 0.1 });
    expect(takes(above, '0.1')).toBe(false);
    expect(takes(above, '0.10')).toBe(false);
    expect(takes(above, '1e-1')).toBe(false);
    expect(takes(above, '0.100000000000001')).toBe(true);
    expect(takes(above, '1.00000000000001e-01')).toBe(true);
    expect(takes(of({ type: 'number', minimum: 0.1 + 0.2 }), '0.3')).toBe(false);
    expect(takes(of({ type: 'number', maximum: 0 }), '-0')).toBe(true);
    // Would be read as 1000000.
    expect(takes(of({ type: 'number', exclusiveMaximum: 1e6 }), '999999.999999999999')).toBe(false);
  });

  it('take multiples of an integer, and refuse other divisors by name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1000, 2500, 999, 400)),
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.option(fc.integer({ min: -5000, max: 5000 }), { nil: undefined }),
        fc.nat(),
        (multipleOf, candidate, minimum, seed) => {
          const schema = { type: 'integer', multipleOf, ...(minimum !== undefined && { minimum }) };
          const grammar = of(schema);
          for (const value of [candidate, candidate * multipleOf, 0]) {
            expect([value, takes(grammar, String(value))]).toEqual([value, isDocument(schema, value)]);
          }
          const drawn: unknown = JSON.parse(drawnText(grammar.start, seed, 1 + (seed % 15)));
          expect([drawn, isDocument(schema, drawn)]).toEqual([drawn, true]);
        },
      ),
      { numRuns: 40 },
    );
    for (const multipleOf of [0.01, 0, -2, 1009, '3'])
      expect(refusal({ type: 'number', multipleOf }).path).toBe('multipleOf');
  });

  it.each([
    [{ type: 'integer', minimum: 3, maximum: 2 }, 'minimum', 'nothing fulfils minimum 3, maximum 2'],
    [{ type: 'integer', exclusiveMinimum: 1, exclusiveMaximum: 2 }, 'exclusiveMinimum', 'nothing fulfils'],
    [{ type: 'number', minimum: '3' }, 'minimum', 'must be a number, got "3"'],
    [{ type: 'number', exclusiveMinimum: true }, 'exclusiveMinimum', 'must be a number, got true'],
    [{ type: 'string', pattern: '^a{3}$', maxLength: 2 }, 'pattern', 'nothing fulfils pattern "^a{3}$", maxLength 2'],
  ])('that cannot be kept are refused: %j', (schema, path, message) => {
    const error = refusal(schema);
    expect(error.path).toBe(path);
    expect(error.message).toContain(message);
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
          expect([value, takes(grammar, JSON.stringify(value))]).toEqual([value, true]);
      }),
      { numRuns: 150 },
    );
  });
});
