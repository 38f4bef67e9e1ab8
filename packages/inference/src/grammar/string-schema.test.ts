/** Patterns and formats against the engine's own regular expressions and TypeBox's formats. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnText } from '../oracle/drawn-text.js';
import { grammarOf, isDocument, satisfiable, refusal, takes } from '../oracle/schema-grammars.js';
import { groupOpening } from './read-pattern.js';
import { SchemaError } from './schema-error.js';

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
        const grammar = satisfiable({ type: 'string', pattern: source });
        fc.pre(grammar !== 'too large');
        for (const each of texts) {
          expect([each, grammar !== null && takes(grammar, JSON.stringify(each))]).toEqual([
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
        const grammar = satisfiable(schema);
        fc.pre(grammar !== 'too large');
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
    const value: unknown = JSON.parse(
      drawnText(grammarOf({ type: 'string', pattern: source, maxLength: 200 }).start, 1, 30),
    );
    expect(value).toMatch(new RegExp(source, 'u'));
  });

  it('may be anchored within, and have parts that are left out', () => {
    const matches = (source: string, ...texts: readonly string[]) =>
      texts.map((each) => takes(grammarOf({ type: 'string', pattern: source }), JSON.stringify(each)));
    expect(matches('(?:^a|b$)', 'ac', 'cb', 'ca', 'bc')).toEqual([true, true, false, false]);
    expect(matches('^(?:b|^)a', 'a', 'ba', 'bba')).toEqual([true, true, false]);
    expect(matches('^(?:^a){0}b$', 'b', 'ab')).toEqual([true, false]);
    expect(matches('a(?:$|b)', 'a', 'ab', 'ac')).toEqual([true, true, false]);
    expect(matches('^(?:(?:){5}){100}(?:a{0}){1000}b$', 'b', 'ab')).toEqual([true, false]);
  });

  it('has as many places for a thousand characters as for two', () => {
    const { start } = grammarOf({ type: 'string', pattern: '^(?:[a-c]+-)*[a-c]+$' });
    const after = (text: string) => start.walk(new TextEncoder().encode(text));
    expect(after(`"${'abc-'.repeat(250)}a`)).toBe(after('"b-a'));
    expect(after('"b-a')).not.toBe(null);
  });

  it('may be escaped as JSON allows, by what the escapes mean', () => {
    const grammar = grammarOf({ type: 'string', pattern: '^[é/\\n"]+$' });
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
    ['(?:(?:(?:){1000}){1000}){1000}', 'more than 10000 characters or empty parts'],
    ['(?:(?:(?:a{0}){1000}){1000}){1000}', 'more than 10000 characters or empty parts'],
    [`(?:a${'(?:)'.repeat(20)}){1000}`, 'more than 10000 characters or empty parts'],
    [`${'(?:a?){999}|'.repeat(20)}b`, 'more than 10000 characters or empty parts'],
    ['a.{0,500}b.{0,500}c', 'automaton that is too large'],
    ['a^', 'nothing fulfils pattern "a^"'],
  ])('%s is refused, and it is said why', (source, message) => {
    const error = refusal({ type: 'object', properties: { name: { pattern: source } } });
    expect(error.path).toBe('properties.name.pattern');
    expect(error.message).toContain(message);
  });
});

it('a pattern has no groups but plain ones and named ones, whatever the engine takes', () => {
  for (const opening of ['(', '(?:', '(?<name>']) expect(groupOpening(`${opening}a?=:>b)`)).toBe(opening);
  for (const opening of ['(?i:', '(?-i:', '(?ms-i:']) {
    expect(() => groupOpening(`${opening}a)`)).toThrow(`has the modifiers "${opening}", which cannot be enforced here`);
    expect(() => grammarOf({ type: 'string', pattern: `^${opening}a)$` })).toThrow(SchemaError);
  }
  for (const opening of ['(?=', '(?!', '(?<=', '(?<!']) {
    expect(() => groupOpening(`${opening}a)`)).toThrow(`looks ahead or behind with "${opening}"`);
  }
});

it('a pattern of a large class under counts is refused after as much work as another', () => {
  const separate = Array.from({ length: 2000 }, (_, index) => String.fromCodePoint(0x4e00 + 2 * index)).join('');
  const pattern = `^(?:[${separate}]?){1000}$`;
  expect(refusal({ type: 'string', pattern }).message).toContain('automaton that is too large');
  expect(takes(grammarOf({ type: 'string', pattern: `^[${separate}]{1,20}$` }), '"一丂七"')).toBe(false);
  expect(takes(grammarOf({ type: 'string', pattern: `^[${separate}]{1,20}$` }), '"一丂"')).toBe(true);
}, 10_000);

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
    const { start } = grammarOf(schema);
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
    const grammar = grammarOf({ type: 'string', format: 'email', pattern: '@example\\.com$', maxLength: 16 });
    expect(takes(grammar, '"abc@example.com"')).toBe(true);
    expect(takes(grammar, '"abcde@example.com"')).toBe(false);
    expect(takes(grammar, '"abc@example.org"')).toBe(false);
    expect(takes(grammarOf({ type: 'string', format: 'hostname', maxLength: 5 }), '"a.b.cd"')).toBe(false);
  });

  it('that cannot be enforced is refused with those that can', () => {
    const { path, message } = refusal({ type: 'string', format: 'uri' });
    expect(path).toBe('format');
    expect(message).toContain('must be one of date-time, date, time, duration, email, hostname, ipv4, ipv6, uuid');
  });
});
