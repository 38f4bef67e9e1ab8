/** Reach a target from given numbers, each used once: `COUNTDOWN 3 7 5=26` is answered `3*7+5`. */
import type { CounterRandom } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { between } from '../draws.js';
import { type Attempt, randomAttempt } from './attempts.js';
import { evaluate } from './expression.js';

const MAX_TARGET = 99;
/** Draws of one attempt; a right one is found among them unless the numbers are against it. */
const MAX_ATTEMPTS = 50_000;

const CountdownData = Type.Object({
  numbers: Type.Array(Type.Integer({ minimum: 1, maximum: 99 }), { minItems: 3, maxItems: 4 }),
  target: Type.Integer({ minimum: 1, maximum: MAX_TARGET }),
  /** One expression that reaches the target. */
  expression: Type.String({ maxLength: 64 }),
  equations: Type.Array(Type.String({ maxLength: 32 }), { maxItems: 3 }),
});
type CountdownData = Static<typeof CountdownData>;

const countdown = (count: 3 | 4) =>
  defineTask({
    name: `countdown${count}`,
    title: `Reach a target from ${count} numbers with + - * /, each used once`,
    difficulty: { min: 5, max: 50, standard: 10, meaning: 'largest number given' },
    data: CountdownData,

    draw(random, difficulty) {
      const numbers = Array.from({ length: count }, () => between(random, 1, difficulty));
      const attempt = randomAttempt(numbers, random);
      if (attempt === null || attempt.value < 1 || attempt.value > MAX_TARGET) return null;
      const { value: target, expression, equations } = attempt;
      return { numbers, target, expression, equations: [...equations] };
    },

    prompt: ({ numbers, target }) => `COUNTDOWN ${numbers.join(' ')}=${target}`,
    // All targets of one set of numbers stay together: they share most of their search tree.
    structure: ({ numbers }) => sorted(numbers).join(' '),
    solution: ({ expression }) => expression,

    traces: {
      steps: ({ equations }) => equations.join(' '),
      verbose: ({ equations, target }) =>
        equations.map((equation) => `${equation} CHECK ${equation} OK`).join(' ') + ` CHECK ${target} OK`,
      search,
    },

    judge({ numbers, target }, answer) {
      const found = evaluate(answer);
      if (found === null) return null;
      const usesNumbers = sorted(found.numbers).join(' ') === sorted(numbers).join(' ');
      const correct = usesNumbers && found.value === target;
      return { correct, parts: { uses_numbers: Number(usesNumbers) } };
    },
    parts: ['uses_numbers'],
  });

export const countdown3 = countdown(3);
export const countdown4 = countdown(4);

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** Distinct attempts that miss, each written from the root and given up with NO, then the one that does not. */
function search(data: CountdownData, random: CounterRandom, backtracks: number): string {
  const missed = new Map<string, Attempt>();
  for (let draws = 0; missed.size < backtracks; draws++) {
    if (draws === MAX_ATTEMPTS) throw new RangeError(`no ${backtracks} attempts at ${data.numbers.join(' ')} miss`);
    const attempt = randomAttempt(data.numbers, random);
    if (attempt !== null && attempt.value !== data.target) missed.set(attempt.equations.join(' '), attempt);
  }
  const deadEnds = [...missed.keys()].map((equations) => `${equations} NO`);
  return [...deadEnds, data.equations.join(' ')].join(' ');
}
