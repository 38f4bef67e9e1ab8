import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonExcess } from './json-limits.js';

describe('JSON from outside', () => {
  it('is refused when it is nested too deep or has too many values, and not before', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(jsonExcess(nested(100))).toBeNull();
    expect(jsonExcess(nested(101))).toBe('is nested deeper than 100');
    expect(jsonExcess(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`)).toBe('is nested deeper than 100');
    expect(jsonExcess(JSON.stringify([1, [2, 3]]), { depth: 2, values: 5 })).toBeNull();
    expect(jsonExcess(JSON.stringify([1, [2, 3, 4]]), { depth: 2, values: 5 })).toBe('has more than 5 values');
  });

  it('is measured outside of its strings, whatever they hold', () => {
    const brackets = fc.string({ unit: fc.constantFrom('[', '{', ',', '"', '\\', 'a') });
    fc.assert(
      fc.property(brackets, (text) => {
        expect(jsonExcess(JSON.stringify({ [text]: text }), { depth: 1, values: 2 })).toBeNull();
      }),
    );
  });

  it('never lets a value through that is deeper than the limit', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        expect(jsonExcess(text, { depth: 3, values: 1e6 }) === null).toBe(depthOf(JSON.parse(text)) <= 3);
      }),
    );
  });

  it('takes no more than a moment for megabytes of one open string', () => {
    expect(jsonExcess(`"${'\\'.repeat(1_000_000)}`)).toBeNull();
    expect(jsonExcess(`"${'\\"'.repeat(1_000_000)}`)).toBeNull();
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
