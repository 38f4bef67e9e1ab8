/** Ways to combine numbers, one pair at a time: what a countdown search tries, right or wrong. */
import type { Random } from '@preheat/ports';
import { shuffled } from '../draws.js';
import { compute, OPERATIONS, type Operation } from './expression.js';

/** A number on the table and how it came about. */
interface Term {
  readonly value: number;
  readonly text: string;
  readonly isSum: boolean;
}

export interface Attempt {
  /** `7*5=35`, one a step. */
  readonly equations: readonly string[];
  readonly value: number;
  /** The same as one expression. */
  readonly expression: string;
}

/** A random attempt that uses every number once; null where a division fails. */
export function randomAttempt(numbers: readonly number[], random: Random): Attempt | null {
  let terms: Term[] = numbers.map((value) => ({ value, text: String(value), isSum: false }));
  const equations: string[] = [];
  while (terms.length > 1) {
    const [left, right, ...rest] = shuffled(random, terms) as [Term, Term, ...Term[]];
    const operation = OPERATIONS[random.int(OPERATIONS.length)] as Operation;
    const value = compute(left.value, operation, right.value);
    // Values that need a sign cannot be written as operands of the next step.
    if (value === null || value < 0) return null;
    equations.push(`${left.value}${operation}${right.value}=${value}`);
    terms = [...rest, { value, ...written(left, operation, right) }];
  }
  const [last] = terms;
  return last === undefined ? null : { equations, value: last.value, expression: last.text };
}

/** Brackets only where reading from left to right, products first, would mean something else. */
function written(left: Term, operation: Operation, right: Term): Pick<Term, 'text' | 'isSum'> {
  const isProduct = operation === '*' || operation === '/';
  const bracketed = (term: Term, needed: boolean) => (needed ? `(${term.text})` : term.text);
  const isCompound = /\D/.test(right.text);
  const rightNeeds = isCompound && (isProduct || operation === '-');
  return {
    text: bracketed(left, isProduct && left.isSum) + operation + bracketed(right, rightNeeds),
    isSum: !isProduct,
  };
}
