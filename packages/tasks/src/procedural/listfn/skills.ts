/** The skill catalogue: twelve functions from a list of digits to one, which compose. Order fixes published splits: append. */

export interface Skill {
  /** One upper-case word, a token of its own. */
  readonly name: string;
  readonly title: string;
  readonly apply: (digits: readonly number[]) => number[];
}

const ascending = (a: number, b: number) => a - b;
const each = (change: (digit: number) => number) => (digits: readonly number[]) => digits.map(change);

export const SKILLS: readonly Skill[] = [
  { name: 'REVERSE', title: 'backwards', apply: (digits) => [...digits].reverse() },
  { name: 'SORT', title: 'ascending', apply: (digits) => [...digits].sort(ascending) },
  { name: 'DESCEND', title: 'descending', apply: (digits) => [...digits].sort(ascending).reverse() },
  { name: 'INCREMENT', title: 'plus 1, 9 becomes 0', apply: each((digit) => (digit + 1) % 10) },
  { name: 'DECREMENT', title: 'minus 1, 0 becomes 9', apply: each((digit) => (digit + 9) % 10) },
  { name: 'DOUBLE', title: 'last digit of twice each', apply: each((digit) => (2 * digit) % 10) },
  { name: 'COMPLEMENT', title: '9 minus each', apply: each((digit) => 9 - digit) },
  {
    name: 'ROTATE',
    title: 'the first goes to the end',
    apply: (digits) => [...digits.slice(1), ...digits.slice(0, 1)],
  },
  { name: 'UNIQUE', title: 'repeats left out', apply: (digits) => [...new Set(digits)] },
  { name: 'MIRROR', title: 'the first half, then itself backwards', apply: mirrored },
  { name: 'SWAP', title: 'first and last exchanged', apply: swapped },
  { name: 'SUMS', title: 'last digits of running sums', apply: runningSums },
];

export const SKILL_NAMES: readonly string[] = SKILLS.map(({ name }) => name);

/** @throws RangeError for a name that is not in the catalogue. */
export function skillNamed(name: string): Skill {
  const skill = SKILLS.find((candidate) => candidate.name === name);
  if (!skill) throw new RangeError(`there is no skill ${name}; there are ${SKILL_NAMES.join(', ')}`);
  return skill;
}

function mirrored(digits: readonly number[]): number[] {
  const half = digits.slice(0, Math.ceil(digits.length / 2));
  return [...half, ...[...half].reverse()];
}

function swapped(digits: readonly number[]): number[] {
  const [first, last] = [digits[0], digits.at(-1)];
  if (first === undefined || last === undefined || digits.length === 1) return [...digits];
  return [last, ...digits.slice(1, -1), first];
}

function runningSums(digits: readonly number[]): number[] {
  let sum = 0;
  return digits.map((digit) => {
    sum = (sum + digit) % 10;
    return sum;
  });
}
