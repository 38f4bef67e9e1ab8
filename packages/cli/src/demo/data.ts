/** The demo's data files, from the CMU Pronouncing Dictionary: real words, split so that no stem is in two parts. */
import { type LetterToSound, toChatRow, toEvalRow, toRftRow } from '@preheat/tasks';
import { UsageError } from '../io.js';
import type { DemoSizes } from './job.js';

export interface DemoData {
  /** JSONL texts. */
  readonly sft: string;
  readonly rl: string;
  readonly test: string;
  /** A held-out word with its pronunciations, for the closing illustration. */
  readonly example: { readonly word: string; readonly references: readonly string[] };
  readonly trainWords: number;
}

/** Throws `UsageError` when more words are asked for than there are. */
export function demoData({ train, test }: LetterToSound, sizes: Pick<DemoSizes, 'words' | 'evalWords'>): DemoData {
  const words = 2 * sizes.words;
  if (words > train.length) throw new UsageError(`--words: at most ${Math.floor(train.length / 2)}`);
  if (sizes.evalWords > test.length) throw new UsageError(`--eval-words: at most ${test.length}`);
  const heldOut = test.slice(0, sizes.evalWords);
  const [example] = heldOut;
  if (example === undefined) throw new UsageError('--eval-words: at least 1');
  return {
    sft: jsonl(train.slice(0, sizes.words).map(toChatRow)),
    // Other words than those of SFT: their answers were never shown, so there is something left to learn.
    rl: jsonl(train.slice(sizes.words, words).map(toRftRow)),
    test: jsonl(heldOut.map(toEvalRow)),
    example: { word: example.word, references: example.pronunciations },
    trainWords: train.length,
  };
}

const jsonl = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
