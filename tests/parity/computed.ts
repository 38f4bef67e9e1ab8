/** What a model computes for prompts, by whoever computes it, and how two of them are compared. */
import { expect, type TestContext } from 'vitest';
import { type Comparison, expectWithin, largestDifference } from './comparison.js';

/** Of a log-probability, in nats, between float32 programs. */
const TOLERANCE = 1e-4;

export interface Computed {
  readonly prompt: string;
  /** Prompt and greedy continuation. */
  readonly tokens: number[];
  readonly promptTokens: number;
  /** Of every token from the second on. */
  readonly logProbs: number[];
  readonly text: string;
}

export type Compared = Pick<Comparison, 'check' | 'peers' | 'configuration'>;

export const promptsOf = (computed: readonly Computed[]): string[] => computed.map(({ prompt }) => prompt);

/** The greedy tokens alone. */
export const continuations = (computed: readonly Computed[]): number[][] =>
  computed.map(({ tokens, promptTokens }) => tokens.slice(promptTokens));

/** The same tokens and text, and log-probabilities within the tolerance. */
export function expectSame(
  context: TestContext,
  compared: Compared,
  actual: readonly Computed[],
  expected: readonly Computed[],
): void {
  const spoken = (all: readonly Computed[]) => all.map(({ tokens, text }) => ({ tokens, text }));
  expect(spoken(actual), compared.configuration).toEqual(spoken(expected));
  const flat = (all: readonly Computed[]) => all.flatMap(({ logProbs }) => logProbs);
  const difference = largestDifference(flat(actual), flat(expected));
  expectWithin(context, { ...compared, difference, bound: TOLERANCE, unit: 'nats' });
}

/** Token for token. */
export function expectSameTokens(
  context: TestContext,
  compared: Compared,
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): void {
  const different = expected.filter((tokens, row) => tokens.join() !== actual[row]?.join()).length;
  const missing = Math.abs(actual.length - expected.length);
  expectWithin(context, { ...compared, difference: different + missing, bound: 0, unit: 'texts that differ' });
}
