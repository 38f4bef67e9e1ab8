/** Values that break careless code: wherever a value is expected, one of these may come instead. */
import fc, { type Arbitrary } from 'fast-check';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

export const HOSTILE_TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '../../../etc/passwd',
  '..\\..\\windows',
  '%2e%2e%2f',
  'a/b/../../c',
  '/etc/passwd',
  'a//b',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '\u0000',
  'a\u0000b',
  'line\r\nbreak',
  '\ud800',
  '\uffff',
  '\u202e\u200b',
  'İıſK',
  '{{ item.x }}',
  '{{ sample.output_text }}',
  '{{',
  "'; DROP TABLE jobs; --",
  '<script>',
  '(((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+',
  'NaN',
  'null',
  'true',
  '1e999',
  '-1',
  'http://169.254.169.254/latest/meta-data/',
  'http://localhost:1/',
  'http://[::1]:1/',
  'file:///etc/passwd',
  'x'.repeat(300),
  'x'.repeat(5_000),
  '\u{1f600}'.repeat(200),
] as const;

export const hostileText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary' }),
);

const NUMBERS = [0, -0, -1, 0.5, 1e-320, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, -(2 ** 63)];
const OBJECTS = [
  null,
  [],
  {},
  [null],
  { a: null },
  { length: 5 },
  { then: 1 },
  { toString: 1 },
  nested(50),
  nested(99),
];

export const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...OBJECTS),
  fc.boolean(),
  fc.jsonValue({ maxDepth: 3 }),
);
