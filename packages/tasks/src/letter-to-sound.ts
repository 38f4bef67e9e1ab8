/**
 * Letter-to-sound: given an English spelling, write its phonemes. Real data (the CMU Pronouncing Dictionary), an exact
 * verifier (any listed pronunciation is right), and a split fixed by word stem: no word and no stem is in two parts.
 */
import { type DataParts, intoParts, partOfStructure, type SplitPart } from './data-parts.js';
import { type Pronounced, pronouncingDictionary } from './pronouncing-dictionary.js';
import { wordStem } from './word-stem.js';

export type LetterToSoundItem = Pronounced;

export type LetterToSound = DataParts<LetterToSoundItem>;

const HELD_OUT = { test: 5, validation: 5 } as const;

/** The part a word belongs to: decided by its stem alone, whatever else the dictionary contains. */
export const splitPartOf = (word: string): SplitPart => partOfStructure(wordStem(word), HELD_OUT);

/** The whole data set, about a second. */
export function letterToSound(): LetterToSound {
  const keys = { id: ({ word }: Pronounced) => word, structure: ({ word }: Pronounced) => wordStem(word) };
  return intoParts(pronouncingDictionary(), { ...keys, heldOut: HELD_OUT });
}
