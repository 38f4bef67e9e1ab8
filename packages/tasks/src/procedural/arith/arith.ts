/** Chains of whole-number steps from left to right, every value between 0 and 99: `ARITH 7+5*3` is (7 + 5) × 3. */
import { OneOf } from '@preheat/contracts';
import type { Random } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { between, pick } from '../draws.js';

const OPERATIONS = ['+', '-', '*'] as const;
const MAX_VALUE = 99;
const MAX_OPERAND = { '+': 30, '-': 30, '*': 9 } as const;

const Step = Type.Object({
  operation: OneOf(OPERATIONS),
  operand: Type.Integer({ minimum: 1, maximum: MAX_VALUE }),
});
const ArithData = Type.Object({
  start: Type.Integer({ minimum: 0, maximum: MAX_VALUE }),
  steps: Type.Array(Step, { minItems: 1, maxItems: 8 }),
});
type ArithData = Static<typeof ArithData>;
type ArithStep = Static<typeof Step>;

export const arith = defineTask({
  name: 'arith',
  title: 'Whole-number chains, computed from left to right',
  difficulty: { min: 1, max: 8, standard: 3, meaning: 'operations' },
  data: ArithData,

  draw(random, difficulty) {
    const start = between(random, 1, 20);
    const steps: ArithStep[] = [];
    let value = start;
    while (steps.length < difficulty) {
      const step = drawStep(random);
      value = applied(value, step);
      if (value < 0 || value > MAX_VALUE) return null;
      steps.push(step);
    }
    return { start, steps };
  },

  prompt: ({ start, steps }) => `ARITH ${start}${steps.map(({ operation, operand }) => operation + operand).join('')}`,
  // The order of operands is no structure: a test item is no training item with two numbers exchanged.
  structure: ({ start, steps }) =>
    `${steps.map(({ operation }) => operation).join('')} ${[start, ...steps.map(({ operand }) => operand)].sort((a, b) => a - b).join(' ')}`,
  solution: (data) => String(valuesOf(data).at(-1)),

  traces: {
    steps: (data) => equations(data).join(' '),
    verbose: (data) =>
      equations(data)
        .map((equation, i) => `${equation} CHECK ${checked(data, i)} OK`)
        .join(' '),
  },

  judge(data, answer) {
    return /^\d{1,3}$/.test(answer) ? { correct: Number(answer) === valuesOf(data).at(-1) } : null;
  },
});

function drawStep(random: Random): ArithStep {
  const operation = pick(random, OPERATIONS);
  return { operation, operand: between(random, operation === '*' ? 2 : 1, MAX_OPERAND[operation]) };
}

function applied(value: number, { operation, operand }: ArithStep): number {
  if (operation === '+') return value + operand;
  return operation === '-' ? value - operand : value * operand;
}

/** The start and the value after each step. */
function valuesOf({ start, steps }: ArithData): number[] {
  const values = [start];
  for (const step of steps) values.push(applied(values.at(-1) ?? 0, step));
  return values;
}

function equations(data: ArithData): string[] {
  const values = valuesOf(data);
  return data.steps.map(({ operation, operand }, i) => `${values[i]}${operation}${operand}=${values[i + 1]}`);
}

/** The step undone, which says nothing new. */
function checked(data: ArithData, i: number): string {
  const values = valuesOf(data);
  const { operation, operand } = data.steps[i] as ArithStep;
  const inverse = { '+': '-', '-': '+', '*': '/' }[operation];
  return `${values[i + 1]}${inverse}${operand}=${values[i]}`;
}
