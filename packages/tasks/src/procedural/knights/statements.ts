/** The statements of Knights and Knaves as a small formal language over people 0, 1, 2, and what they mean. */
import { OneOf } from '@preheat/contracts';
import Type, { type Static } from 'typebox';

const Person = Type.Integer({ minimum: 0, maximum: 2 });
const Claim = Type.Object({ who: Person, isKnight: Type.Boolean() });

/** `is`: one claim; `&` and `|` join two; `=` and `!` say that two people are of the same kind or not. */
export const Statement = Type.Object({
  form: OneOf(['is', '&', '|', '=', '!']),
  left: Claim,
  right: Claim,
});
export type Statement = Static<typeof Statement>;

/** By person: knight or knave. */
export type Assignment = readonly boolean[];

export function holds({ form, left, right }: Statement, assignment: Assignment): boolean {
  const isTrue = (claim: Static<typeof Claim>) => assignment[claim.who] === claim.isKnight;
  if (form === 'is') return isTrue(left);
  if (form === '&') return isTrue(left) && isTrue(right);
  if (form === '|') return isTrue(left) || isTrue(right);
  const isSame = assignment[left.who] === assignment[right.who];
  return form === '=' ? isSame : !isSame;
}

/** `A+&B-` in letters: + is a knight, - a knave. */
export function written({ form, left, right }: Statement, letters: readonly string[]): string {
  const kind = (claim: Static<typeof Claim>) => `${letters[claim.who]}${claim.isKnight ? '+' : '-'}`;
  if (form === 'is') return kind(left);
  if (form === '=' || form === '!') return `${letters[left.who]}${form}${letters[right.who]}`;
  return kind(left) + form + kind(right);
}

/** Whether everybody speaks as their kind must: knights the truth, knaves a falsehood. */
export const isConsistent = (statements: readonly Statement[], assignment: Assignment): boolean =>
  statements.every((statement, speaker) => holds(statement, assignment) === assignment[speaker]);

/** Every assignment of `count` people, all knights first. */
export function assignments(count: number): Assignment[] {
  return Array.from({ length: 2 ** count }, (_, code) =>
    Array.from({ length: count }, (_, person) => ((code >> (count - 1 - person)) & 1) === 0),
  );
}
