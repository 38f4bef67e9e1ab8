/** Arithmetic expressions over whole numbers with exact division only, as countdown answers are written. */

export interface Evaluated {
  readonly value: number;
  /** The numbers used, in order. */
  readonly numbers: readonly number[];
}

export const OPERATIONS = ['+', '-', '*', '/'] as const;
export type Operation = (typeof OPERATIONS)[number];
/** Far beyond any target, far below where products stop being exact. */
const MAX_MAGNITUDE = 1_000_000;
const MAX_CHARACTERS = 128;

/** The result, or null where a division leaves a remainder or a value leaves the range. */
export function compute(left: number, operation: Operation, right: number): number | null {
  if (operation === '/') return right !== 0 && left % right === 0 ? left / right : null;
  const value = operation === '+' ? left + right : operation === '-' ? left - right : left * right;
  return Math.abs(value) > MAX_MAGNITUDE ? null : value;
}

/** Value and numbers of an expression with + - * /, brackets and no signs; null for anything else. */
export function evaluate(text: string): Evaluated | null {
  if (text.length > MAX_CHARACTERS || !/^[\d+\-*/() ]+$/.test(text)) return null;
  const tokens = text.match(/\d+|[+\-*/()]/g) ?? [];
  const reader = new ExpressionReader(tokens);
  const value = reader.sum();
  return value === null || !reader.isAtEnd() ? null : { value, numbers: reader.numbers };
}

class ExpressionReader {
  readonly numbers: number[] = [];
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  sum(): number | null {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#factor()));
  }

  #chain(operations: readonly Operation[], operand: () => number | null): number | null {
    let value = operand();
    for (;;) {
      const operation = operations.find((candidate) => candidate === this.#tokens[this.#at]);
      if (operation === undefined || value === null) return value;
      this.#at += 1;
      const right = operand();
      value = right === null ? null : compute(value, operation, right);
    }
  }

  #factor(): number | null {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    if (token === '(') {
      const value = this.sum();
      if (this.#tokens[this.#at] !== ')') return null;
      this.#at += 1;
      return value;
    }
    if (token === undefined || !/^\d{1,6}$/.test(token)) return null;
    this.numbers.push(Number(token));
    return Number(token);
  }
}
