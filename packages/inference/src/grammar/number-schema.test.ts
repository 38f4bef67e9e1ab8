/** Bounds of numbers against a validator: just what is within them is taken, and nothing else is written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnText } from '../oracle/drawn-text.js';
import { grammarOf, isDocument, satisfiable, refusal, takes } from '../oracle/schema-grammars.js';
import type { Grammar } from './grammar-state.js';

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
        const grammar = satisfiable({ type: 'number', ...bounds });
        fc.pre(grammar !== 'too large');
        const whole = satisfiable({ type: 'integer', ...bounds });
        fc.pre(whole !== 'too large');
        for (const value of [...numbers, ...sharp(bounds), 0].filter(isWritten)) {
          const isWithin = isDocument({ type: 'number', ...bounds }, value);
          const written = JSON.stringify(value);
          const isTaken = (by: Grammar | null) => by !== null && takes(by, written);
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
        const grammar = satisfiable(schema);
        fc.pre(grammar !== 'too large');
        if (!grammar) return;
        const value: unknown = JSON.parse(drawnText(grammar.start, seed, 1 + (seed % 20)));
        expect([value, isDocument(schema, value)]).toEqual([value, true]);
      }),
      { numRuns: 200 },
    );
  });

  it('are exact to the last digit that a double holds', () => {
    const above = grammarOf({ type: 'number', exclusiveMinimum: 0.1 });
    expect(takes(above, '0.1')).toBe(false);
    expect(takes(above, '0.10')).toBe(false);
    expect(takes(above, '1e-1')).toBe(false);
    expect(takes(above, '0.100000000000001')).toBe(true);
    expect(takes(above, '1.00000000000001e-01')).toBe(true);
    expect(takes(grammarOf({ type: 'number', minimum: 0.1 + 0.2 }), '0.3')).toBe(false);
    expect(takes(grammarOf({ type: 'number', maximum: 0 }), '-0')).toBe(true);
    // Would be read as 1000000.
    expect(takes(grammarOf({ type: 'number', exclusiveMaximum: 1e6 }), '999999.999999999999')).toBe(false);
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
          const grammar = grammarOf(schema);
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
