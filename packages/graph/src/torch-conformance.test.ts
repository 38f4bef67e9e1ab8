// Every conformance case against torch autograd in float64: recorded by fixtures/conformance_cases.py.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blockCases } from './conformance/block-cases.js';
import { buildCaseProgram, cotangentInput } from './conformance/case-program.js';
import type { ConformanceCase } from './conformance/conformance-case.js';
import { primitiveCases } from './conformance/primitive-cases.js';
import { programCases } from './conformance/program-cases.js';
import { evaluateProgram, gradientOutput, sizeOf } from './index.js';

interface RecordedCase {
  readonly inputs: readonly (readonly number[])[];
  readonly value: readonly number[];
  readonly cotangent?: readonly number[];
  /** Of the real inputs, in order. */
  readonly gradients?: readonly (readonly number[])[];
}

const { cases: recorded } = JSON.parse(
  readFileSync(new URL('./fixtures/conformance-cases.json', import.meta.url), 'utf8'),
) as { readonly cases: Readonly<Record<string, readonly RecordedCase[]>> };
const cases: Readonly<Record<string, readonly ConformanceCase[]>> = {
  ...primitiveCases,
  ...blockCases,
  ...programCases,
};

/** Tables and factors of a program are kept in single precision: the last digits differ. */
function expectClose(actual: ArrayLike<number> | undefined, expected: readonly number[], what: string): void {
  expect(actual?.length, what).toBe(expected.length);
  expected.forEach((x, i) => {
    const distance = Math.abs((actual?.[i] ?? Number.NaN) - x);
    expect(distance, `${what}[${i}]: ${actual?.[i]} for ${x}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(x)));
  });
}

function expectAgreement(example: ConformanceCase, { inputs, value, cotangent, gradients = [] }: RecordedCase): void {
  expect(inputs.map(({ length }) => length)).toEqual(example.inputs.map(([, shape]) => sizeOf(shape)));
  const { program } = buildCaseProgram(example);
  const feeds = Object.fromEntries(inputs.map((numbers, i) => [`x${i}`, numbers]));
  const outputs = evaluateProgram(program, { ...feeds, ...(cotangent && { [cotangentInput]: cotangent }) });
  expectClose(outputs.value, value, 'value');
  const reals = example.inputs.flatMap(([numbers], i) => (typeof numbers === 'number' ? [] : [i]));
  expect(gradients.length).toBe(cotangent ? reals.length : 0);
  gradients.forEach((gradient, n) => expectClose(outputs[gradientOutput(`x${reals[n]}`)], gradient, `gradient ${n}`));
}

describe('agrees with torch, value and gradients, on', () => {
  it('cases that are all recorded', () => {
    expect(Object.keys(recorded).sort()).toEqual(Object.keys(cases).sort());
  });

  for (const [name, examples] of Object.entries(cases)) {
    it(name, () => {
      const records = recorded[name] ?? [];
      expect(records.length).toBe(examples.length);
      examples.forEach((example, i) => expectAgreement(example, records[i] as RecordedCase));
    });
  }
});
