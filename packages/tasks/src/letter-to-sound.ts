/**
 * Letter-to-sound: given an English spelling, write its phonemes. Real data (the CMU Pronouncing Dictionary), an exact
 * verifier (any listed pronunciation is right), and a split fixed by word stem: no word and no stem is in two parts.
 */
import { type Pronounced, pronouncingDictionary } from './pronouncing-dictionary.js';
import { stableHash } from './stable-hash.js';
import { wordStem } from './word-stem.js';

export type LetterToSoundItem = Pronounced;

export interface LetterToSound {
  readonly train: readonly LetterToSoundItem[];
  readonly validation: readonly LetterToSoundItem[];
  readonly test: readonly LetterToSoundItem[];
}

export type SplitPart = keyof LetterToSound;

/** Per cent of the stems in each held-out part; the rest is for training. */
const HELD_OUT_PERCENT = { test: 5, validation: 5 } as const;

/** The part a word belongs to: decided by its stem alone, whatever else the dictionary contains. */
export function splitPartOf(word: string): SplitPart {
  const bucket = stableHash(`split:${wordStem(word)}`) % 100;
  if (bucket < HELD_OUT_PERCENT.test) return 'test';
  return bucket < HELD_OUT_PERCENT.test + HELD_OUT_PERCENT.validation ? 'validation' : 'train';
}

/** The whole data set. Each part is in a fixed shuffled order (by hash of the word), so any prefix is a fair sample. */
export function letterToSound(): LetterToSound {
  const parts: Record<SplitPart, LetterToSoundItem[]> = { train: [], validation: [], test: [] };
  for (const item of shuffled(pronouncingDictionary())) parts[splitPartOf(item.word)].push(item);
  return parts;
}

function shuffled(items: readonly Pronounced[]): Pronounced[] {
  return items
    .map((item) => ({ item, key: stableHash(`order:${item.word}`) }))
    .sort((a, b) => a.key - b.key || (a.item.word < b.item.word ? -1 : 1))
    .map(({ item }) => item);
}
