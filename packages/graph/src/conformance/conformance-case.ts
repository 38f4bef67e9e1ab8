// What a conformance case is: an expression over inputs whose numbers are drawn or recorded.

import type { Shape } from '../shape.js';
import type { Value } from '../value.js';

/**
 * `real`: 0.3 to 1.5 with either sign, so never at a kink; `positive`: without the sign; `small`: up to 0.6 with either
 * sign, for the weights of whole programs; a number: ids below it.
 */
export type CaseNumbers = 'real' | 'positive' | 'small' | number;
export type CaseInput = readonly [CaseNumbers, Shape];
export type CaseBuild = (...inputs: Value[]) => Value;

export interface ConformanceCase {
  readonly inputs: readonly CaseInput[];
  readonly build: CaseBuild;
}

export const real = (...shape: number[]): CaseInput => ['real', shape];
export const positive = (...shape: number[]): CaseInput => ['positive', shape];
export const small = (...shape: number[]): CaseInput => ['small', shape];
export const ids = (below: number, ...shape: number[]): CaseInput => [below, shape];

/** A case whose inputs have names, for expressions with many of them. */
export function namedCase<Name extends string>(
  inputs: Readonly<Record<Name, CaseInput>>,
  build: (values: Readonly<Record<Name, Value>>) => Value,
): ConformanceCase {
  const names = Object.keys(inputs) as Name[];
  return {
    inputs: names.map((name) => inputs[name]),
    build: (...values) => build(Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<Name, Value>),
  };
}
