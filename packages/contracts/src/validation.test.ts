import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { check, decodeStored } from './validation.js';

const Animal = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    legs: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
    kind: Type.Union([Type.Literal('cat'), Type.Literal('dog')]),
  },
  { additionalProperties: false },
);
const VALUES: unknown[] = [
  { name: 'Tom', kind: 'cat' },
  { name: 'Rex', kind: 'dog', legs: 4 },
  { name: '', kind: 'cat' },
  { name: 'Tom', kind: 'cow' },
  { name: 'Tom', kind: 'cat', legs: 4.5 },
  { name: 'Tom', kind: 'cat', wings: 2 },
  { kind: 'cat' },
  null,
  'Tom',
];

describe('check', () => {
  it('says the same however often a schema was checked', () => {
    const first = VALUES.map((value) => check(Animal, value));
    expect(first.map(({ ok }) => ok)).toEqual([true, true, ...new Array<boolean>(7).fill(false)]);
    // Far beyond the number of checks after which a schema is compiled.
    for (let round = 0; round < 50; round++) expect(VALUES.map((value) => check(Animal, value))).toEqual(first);
  });

  it('names the place and what was expected there', () => {
    const strange = check(Animal, { name: 'Tom', kind: 'cat', wings: 2 });
    expect(strange.ok ? [] : strange.problems[0]).toEqual({ path: 'wings', message: 'is not a known key' });
    expect(check(Animal, { kind: 'cat' })).toMatchObject({ problems: [{ path: '', message: 'lacks ["name"]' }] });
  });
});

describe('decodeStored', () => {
  it('gives the document, and takes one that does not fit for corruption', () => {
    const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    expect(decodeStored(Animal, bytes(VALUES[0]), 'tom.json')).toEqual(VALUES[0]);
    expect(() => decodeStored(Animal, bytes({ kind: 'cat' }), 'tom.json')).toThrow('tom.json does not fit its schema');
  });
});
