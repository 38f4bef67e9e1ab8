import { Nullable } from '@preheat/contracts';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { explain } from './explain.js';

const Cat = Type.Object({ type: Type.Literal('cat'), lives: Type.Integer({ maximum: 9 }) });
const Dog = Type.Object({ type: Type.Literal('dog'), name: Type.String() }, { additionalProperties: false });
const Pet = Type.Union([Cat, Dog]);
const Owner = Type.Object({ pets: Type.Array(Pet), age: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))) });
const Rate = Type.Union([Type.Literal('auto'), Type.Number({ minimum: 0, maximum: 1 })]);

describe('a problem', () => {
  it.each([
    ['a missing field', Owner, {}, 'pets', 'is required'],
    [
      'a field of the member that was meant',
      Owner,
      { pets: [{ type: 'cat', lives: 10 }] },
      'pets.0.lives',
      'must be <= 9 (it is 10)',
    ],
    ['an unknown member', Pet, { type: 'cow' }, 'type', 'must be one of "cat", "dog"'],
    ['a member that is not named', Pet, {}, 'type', 'is required: one of "cat", "dog"'],
    ['an unknown field', Pet, { type: 'dog', name: 'x', age: 1 }, 'age', 'is not a known field; known are: type, name'],
    ['a number out of range', Rate, 2, '', 'must be <= 1 (it is 2)'],
    ['a value of no member', Rate, 'fast', '', 'must be "auto" or a number >= 0 <= 1'],
    ['a nullable number', Owner, { pets: [], age: -1 }, 'age', 'must be >= 0 (it is -1)'],
    ['something else altogether', Owner, 3, '', 'must be object (it is 3)'],
  ])('names %s', (_, schema, value, path, message) => {
    expect(explain(schema, value)).toEqual({ path, message });
  });

  it('is none when the value fits', () => {
    expect(explain(Owner, { pets: [{ type: 'cat', lives: 9 }], age: null })).toBeUndefined();
  });
});
