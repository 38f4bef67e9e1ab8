/**
 * One figure of a comparison with a peer. It travels in the test's meta, so that `npm run parity` can show the worst of
 * them in one table; `expectWithin` records it before it judges, so that a broken bound is shown with its figure.
 */
import { expect, type TestContext } from 'vitest';
import type { Peer } from './peer-versions.js';

export interface Comparison {
  /** What is compared: a row of the table. */
  readonly check: string;
  readonly peers: readonly Peer[];
  /** Which model, option or file: configurations of a check are counted. */
  readonly configuration: string;
  readonly difference: number;
  /** Largest difference allowed; 0 for things that are equal or not. */
  readonly bound: number;
  /** What the difference counts: `nats`, `relative`, `texts that differ`. */
  readonly unit: string;
}

declare module 'vitest' {
  interface TaskMeta {
    comparisons?: Comparison[];
  }
}

/** Records the comparison without judging it. */
export function record({ task }: Pick<TestContext, 'task'>, comparison: Comparison): void {
  (task.meta.comparisons ??= []).push(comparison);
}

/** Records the comparison and fails when the difference is above the bound, or is no number. */
export function expectWithin(context: Pick<TestContext, 'task'>, comparison: Comparison): void {
  record(context, comparison);
  const { check, configuration, difference, bound } = comparison;
  expect(difference, `${check}: ${configuration}`).toBeLessThanOrEqual(bound);
}

/** Largest absolute difference; NaN when a number is missing or none. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  return Array.from(expected).reduce((worst, x, i) => Math.max(worst, Math.abs(x - (actual[i] as number))), 0);
}

/** The largest; NaN when one is none. */
export const worst = (differences: readonly number[]): number =>
  differences.reduce((most, each) => (each > most || Number.isNaN(each) ? each : most), 0);

export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((worst, x) => Math.max(worst, Math.abs(x)), 0);

/** Largest difference over the largest element that is expected. */
export const relativeDifference = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  largestDifference(actual, expected) / largest(expected);
