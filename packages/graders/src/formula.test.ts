import { describe, expect, it } from 'vitest';
import { parseFormula } from './formula.js';

const values = { exact: 1, per: 0.25 };
const evaluate = (source: string) => {
  const parsed = parseFormula(source, Object.keys(values));
  return parsed.ok ? parsed.value(values) : parsed.message;
};

describe('parseFormula', () => {
  it.each([
    ['0.2 * exact + 0.8 * per', 0.4],
    ['1 - per', 0.75],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['10 - 4 - 3', 3],
    ['16 / 4 / 2', 2],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['--3', 3],
    ['2 * -3', -6],
    ['+per', 0.25],
    ['min(exact, per, 0.5)', 0.25],
    ['max(exact, 2)', 2],
    ['abs(-3) + floor(1.7) + ceil(1.2) + sqrt(16)', 10],
    ['log(exp(2))', 2],
    ['1e-1 + .5 + 2.', 2.6],
  ])('%s = %d', (source, expected) => {
    expect(evaluate(source)).toBeCloseTo(expected, 12);
  });

  it.each([
    ['exact +', 'column 8: expected a number, a grader name, a function or "(", found the end'],
    ['exact per', 'column 7: expected an operator or the end, found "per"'],
    ['(exact', 'column 7: expected ")", found the end'],
    ['1 + reward', 'column 5: no grader is named "reward"; there is exact, per'],
    ['sin(1)', 'column 1: no function is named "sin"; there is min, max, abs, floor, ceil, exp, sqrt, log'],
    [
      'constructor(1)',
      'column 1: no function is named "constructor"; there is min, max, abs, floor, ceil, exp, sqrt, log',
    ],
    ['2 * sqrt(1, 2)', 'column 5: sqrt takes one value, found 2'],
    ['1 % 2', 'column 3: unexpected "%"'],
    ['2 ** 3', 'column 4: expected a number, a grader name, a function or "(", found "*"'],
    ['', 'column 1: expected a number, a grader name, a function or "(", found the end'],
    ['('.repeat(2000), 'column 65: nested deeper than 64 levels'],
    ['-'.repeat(2000), 'column 65: nested deeper than 64 levels'],
    ['2^'.repeat(2000), 'column 129: nested deeper than 64 levels'],
  ])('refuses %s', (source, message) => {
    expect(evaluate(source)).toBe(message);
  });
});
