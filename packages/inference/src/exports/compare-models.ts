/** How far two models are apart on the parity prompts: log-probabilities of given text, and the text each writes greedily. */
import type { DecoderConfig } from '@preheat/contracts';
import type { Tokenizer } from '@preheat/tokenizer';
import type { ComparableModel } from './comparable-model.js';
import { PARITY_NEW_TOKENS, type ParityPrompt } from './parity-prompts.js';

export interface Comparison {
  readonly tokens: number;
  /** In nats; NaN counts as infinitely far. */
  readonly maxLogProbDifference: number;
  readonly isGreedyTextEqual: boolean;
  /** What the first model wrote after each prompt. */
  readonly greedyTexts: readonly string[];
}

export async function compareModels(
  reference: ComparableModel,
  other: ComparableModel,
  prompts: readonly ParityPrompt[],
  { config, tokenizer }: { readonly config: DecoderConfig; readonly tokenizer: Tokenizer },
): Promise<Comparison> {
  const tokens = prompts.map((prompt) => prompt.tokens);
  const longest = Math.max(...tokens.map(({ length }) => length));
  const newTokens = Math.min(PARITY_NEW_TOKENS, config.max_position_embeddings - longest);
  const written = newTokens < 1 ? tokens.map(() => new Int32Array(0)) : await reference.greedy(tokens, newTokens);
  const writtenByOther = newTokens < 1 ? written : await other.greedy(tokens, newTokens);
  const rows = tokens
    .map((prompt, index) => Int32Array.from([...prompt, ...(written[index] ?? [])]))
    .filter(({ length }) => length > 1);
  const expected = await reference.score(rows);
  const actual = await other.score(rows);
  let maxLogProbDifference = 0;
  expected.forEach((logProbs, row) => {
    logProbs.forEach((logProb, i) => {
      const difference = Math.abs(logProb - (actual[row]?.[i] ?? Number.NaN));
      maxLogProbDifference = Math.max(maxLogProbDifference, Number.isNaN(difference) ? Infinity : difference);
    });
  });
  const greedyTexts = written.map((row) => tokenizer.decode(row));
  return {
    tokens: expected.reduce((sum, { length }) => sum + length, 0),
    maxLogProbDifference,
    isGreedyTextEqual: writtenByOther.every((row, index) => tokenizer.decode(row) === greedyTexts[index]),
    greedyTexts,
  };
}
