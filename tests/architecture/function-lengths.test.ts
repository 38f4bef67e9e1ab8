import { expect, test } from 'vitest';
import { functionLengths } from './function-lengths.js';

test('counts declarations, methods, arrows and nested functions, from the first line of the body to its last', () => {
  const source =
    'function one() {\n  return 1;\n}\nclass C {\n  two() {}\n}\nconst three = () => {\n  const four = () => 4;\n};\n';
  const lengths = functionLengths('x.ts', source).map(({ name, lines }) => [name, lines]);
  expect(Object.fromEntries(lengths)).toEqual({ one: 3, two: 1, three: 3, four: 1 });
});

test('a suite is not measured, each test in it is', () => {
  const source = "describe('a', () => {\n  test('b', () => {\n    one();\n  });\n  const tool = () => {\n  };\n});\n";
  const lengths = functionLengths('x.test.ts', source).map(({ name, lines }) => [name, lines]);
  expect(lengths).toEqual([
    ['a function', 3],
    ['tool', 2],
  ]);
});

test('the tests in a conformance function are not part of its length', () => {
  const source = "function suite() {\n  const store = open();\n  test('a', () => {\n    one();\n  });\n}\n";
  expect(functionLengths('suite.ts', source)[0]).toMatchObject({ name: 'suite', lines: 3 });
});
