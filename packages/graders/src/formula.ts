/**
 * Formulas of multi graders: numbers, grader names, + - * / ^, unary minus, parentheses and seven functions. Parsed by
 * hand into closures: nothing a user writes is ever evaluated as code.
 *
 *   sum     = product (("+" | "-") product)*
 *   product = signed (("*" | "/") signed)*
 *   signed  = ("-" | "+") signed | power
 *   power   = atom ("^" signed)?                right-associative, binds tighter than the sign: -2^2 = -4
 *   atom    = number | name | function "(" sum ("," sum)* ")" | "(" sum ")"
 */
import { FormulaSyntaxError, type FormulaToken, formulaTokens } from './formula-lexer.js';
import type { Parsed } from './placeholder-path.js';

export type FormulaValues = Readonly<Record<string, number>>;
/** May give NaN or an infinity (division by zero, log of a negative number); the caller decides what that means. */
export type Formula = (values: FormulaValues) => number;

const FUNCTIONS: Readonly<Record<string, { apply: (...values: number[]) => number; isVariadic: boolean }>> = {
  min: { apply: Math.min, isVariadic: true },
  max: { apply: Math.max, isVariadic: true },
  abs: { apply: Math.abs, isVariadic: false },
  floor: { apply: Math.floor, isVariadic: false },
  ceil: { apply: Math.ceil, isVariadic: false },
  exp: { apply: Math.exp, isVariadic: false },
  sqrt: { apply: Math.sqrt, isVariadic: false },
  log: { apply: Math.log, isVariadic: false },
};

/** Names that cannot be graders' names. */
export const FORMULA_FUNCTIONS: readonly string[] = Object.keys(FUNCTIONS);

const MAX_DEPTH = 64;

/** The formula over `variables`, or a message with the column of the mistake. */
export function parseFormula(source: string, variables: readonly string[]): Parsed<Formula> {
  try {
    return { ok: true, value: new FormulaParser(source, variables).parse() };
  } catch (error) {
    if (error instanceof FormulaSyntaxError) return { ok: false, message: error.message };
    throw error;
  }
}

class FormulaParser {
  private readonly tokens: readonly FormulaToken[];
  private readonly variables: readonly string[];
  private position = 0;
  private depth = 0;

  constructor(source: string, variables: readonly string[]) {
    this.tokens = formulaTokens(source);
    this.variables = variables;
  }

  parse(): Formula {
    const formula = this.sum();
    const rest = this.next;
    if (rest.kind !== 'end') throw this.unexpected(rest, 'an operator or the end');
    return formula;
  }

  private sum(): Formula {
    let left = this.product();
    for (;;) {
      const [a, subtract] = [left, this.take('-')];
      if (!subtract && !this.take('+')) return left;
      const b = this.product();
      left = subtract ? (values) => a(values) - b(values) : (values) => a(values) + b(values);
    }
  }

  private product(): Formula {
    let left = this.signed();
    for (;;) {
      const [a, divide] = [left, this.take('/')];
      if (!divide && !this.take('*')) return left;
      const b = this.signed();
      left = divide ? (values) => a(values) / b(values) : (values) => a(values) * b(values);
    }
  }

  private signed(): Formula {
    if (++this.depth > MAX_DEPTH) {
      throw new FormulaSyntaxError(this.next.column, `nested deeper than ${MAX_DEPTH} levels`);
    }
    const formula = this.take('-') ? negated(this.signed()) : this.take('+') ? this.signed() : this.power();
    this.depth--;
    return formula;
  }

  private power(): Formula {
    const base = this.atom();
    if (!this.take('^')) return base;
    const exponent = this.signed();
    return (values) => base(values) ** exponent(values);
  }

  private atom(): Formula {
    const token = this.next;
    if (token.kind === 'end' || (token.kind === 'symbol' && token.text !== '(')) {
      throw this.unexpected(token, 'a number, a grader name, a function or "("');
    }
    this.position++;
    if (token.kind === 'number') return constant(Number(token.text));
    if (token.kind === 'name') return this.take('(') ? this.call(token) : this.variable(token);
    const inner = this.sum();
    this.expect(')');
    return inner;
  }

  private variable({ text: name, column }: FormulaToken): Formula {
    if (!this.variables.includes(name)) {
      throw new FormulaSyntaxError(column, `no grader is named "${name}"; there is ${this.variables.join(', ')}`);
    }
    return (values) => values[name] ?? Number.NaN;
  }

  private call({ text: name, column }: FormulaToken): Formula {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (known === undefined) {
      throw new FormulaSyntaxError(column, `no function is named "${name}"; there is ${FORMULA_FUNCTIONS.join(', ')}`);
    }
    const operands = [this.sum()];
    while (this.take(',')) operands.push(this.sum());
    this.expect(')');
    if (!known.isVariadic && operands.length !== 1) {
      throw new FormulaSyntaxError(column, `${name} takes one value, found ${operands.length}`);
    }
    return (values) => known.apply(...operands.map((operand) => operand(values)));
  }

  private get next(): FormulaToken {
    return this.tokens[this.position] as FormulaToken;
  }

  private take(symbol: string): boolean {
    const found = this.next.kind === 'symbol' && this.next.text === symbol;
    if (found) this.position++;
    return found;
  }

  private expect(symbol: string): void {
    if (!this.take(symbol)) throw this.unexpected(this.next, `"${symbol}"`);
  }

  private unexpected(token: FormulaToken, expected: string): FormulaSyntaxError {
    const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    return new FormulaSyntaxError(token.column, `expected ${expected}, found ${found}`);
  }
}

function constant(value: number): Formula {
  return () => value;
}

function negated(operand: Formula): Formula {
  return (values) => -operand(values);
}
