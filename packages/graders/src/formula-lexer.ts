/** Splits a formula into numbers, names and symbols, each with the column (from 1) where it starts. */
export interface FormulaToken {
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly column: number;
}

/** What is wrong with a formula and where; thrown inside the parser only, and returned by it as a value. */
export class FormulaSyntaxError extends Error {
  override readonly name = 'FormulaSyntaxError';

  constructor(column: number, message: string) {
    super(`column ${column}: ${message}`);
  }
}

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|([-+*/^(),])|(\S))/y;

export function formulaTokens(formula: string): FormulaToken[] {
  const tokens: FormulaToken[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(formula); match !== null; match = TOKEN.exec(formula)) {
    const [whole, number, name, symbol, stray] = match;
    const text = number ?? name ?? symbol ?? stray ?? '';
    const column = match.index + whole.length - text.length + 1;
    if (stray !== undefined) throw new FormulaSyntaxError(column, `unexpected ${JSON.stringify(stray)}`);
    tokens.push({ kind: number !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol', text, column });
  }
  tokens.push({ kind: 'end', text: '', column: formula.length + 1 });
  return tokens;
}
