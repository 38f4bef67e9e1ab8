import { expect, test } from 'vitest';
import { functionLengths } from './function-lengths.js';

test('counts declarations, methods, arrows and nested functions, from the first line of the body to its last', () => {
  const source =
    'function one() {\n  return 1;\n}\nclass C {\n  two() {}\n}\nconst three = () => {\n  const four = () => 4;\n};\n';
  const lengths = functionLengths('x.ts', source).map(({ name, lines }) => [name, lines]);
  expect(Object.fromEntries(lengths)).toEqual({ one: 3, two: 1, three: 3, four: 1 });
});

test('does not count suites, whose length is that of a list', () => {
  const source = "describe('a', () => {\n  test('b', () => {\n  });\n  const helper = () => {\n  };\n});\n";
  expect(functionLengths('x.test.ts', source).map(({ name }) => name)).toEqual(['helper']);
});
