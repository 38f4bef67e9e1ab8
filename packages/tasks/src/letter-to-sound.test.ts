import { describe, expect, it } from 'vitest';
import { ARPABET_PHONEMES } from './arpabet.js';
import { letterToSound, splitPartOf } from './letter-to-sound.js';
import { toChatRow, toEvalRow, toRftRow } from './letter-to-sound-rows.js';
import { wordStem } from './word-stem.js';

const data = letterToSound();
const PARTS = ['train', 'validation', 'test'] as const;
const everything = PARTS.flatMap((part) => data[part]);

describe('letterToSound', () => {
  it('has the published sizes', () => {
    expect(PARTS.map((part) => data[part].length)).toEqual([110_877, 6_062, 6_302]);
  });

  it('has no word and no stem in two parts, over the whole dictionary', () => {
    const partOf = new Map<string, string>();
    const leaks: string[] = [];
    for (const part of PARTS) {
      for (const { word } of data[part]) {
        for (const key of [`word ${word}`, `stem ${wordStem(word)}`]) {
          const seen = partOf.get(key) ?? part;
          if (seen !== part) leaks.push(`${key}: ${seen} and ${part}`);
          partOf.set(key, part);
        }
      }
    }
    expect(leaks).toEqual([]);
    expect(new Set(everything.map((item) => item.word)).size).toBe(everything.length);
  });

  it('keeps words of 2 to 14 letters, with apostrophes, and the 39 phonemes without stress', () => {
    const phonemes = new Set(everything.flatMap((item) => item.pronunciations).flatMap((text) => text.split(' ')));
    expect([...phonemes].sort()).toEqual([...ARPABET_PHONEMES]);
    expect(everything.filter(({ word }) => !/^[a-z']+$/.test(word))).toEqual([]);
    const letters = everything.map(({ word }) => word.replaceAll("'", '').length);
    expect([letters.reduce((a, b) => Math.min(a, b)), letters.reduce((a, b) => Math.max(a, b))]).toEqual([2, 14]);
  });

  it('merges variants into one item without repeating a pronunciation', () => {
    const read = everything.find((item) => item.word === 'read');
    expect(read?.pronunciations).toEqual(['R EH D', 'R IY D']);
    const repeated = everything.filter((item) => new Set(item.pronunciations).size !== item.pronunciations.length);
    expect(repeated).toEqual([]);
  });

  it('is in a fixed order that mixes the alphabet', () => {
    expect(data.train.slice(0, 4).map((item) => item.word)).toEqual(['gilday', 'gasohol', 'geenen', 'stanbery']);
    expect(data.test.slice(0, 3).map((item) => item.word)).toEqual(["costello's", 'calill', 'bunney']);
    expect(new Set(data.test.slice(0, 500).map((item) => item.word[0])).size).toBeGreaterThan(20);
  });

  it('decides a part from the stem alone, so that inflections stay together', () => {
    expect(['walk', 'walks', 'walked', 'walking', "walk's", "walks'"].map(wordStem)).toEqual(Array(6).fill('walk'));
    expect(new Set(['walk', 'walked', 'walking'].map(splitPartOf)).size).toBe(1);
  });
});

describe('rows', () => {
  const item = { word: 'read', pronunciations: ['R EH D', 'R IY D'] };

  it('writes a supervised row whose answer is the preferred pronunciation', () => {
    expect(toChatRow(item)).toEqual({
      messages: [
        { role: 'user', content: 'read' },
        { role: 'assistant', content: 'R EH D' },
      ],
    });
  });

  it('writes reinforcement and eval rows with the same graded keys', () => {
    const keys = { references: ['R EH D', 'R IY D'], reference: 'R EH D', word: 'read' };
    expect(toRftRow(item)).toEqual({ messages: [{ role: 'user', content: 'read' }], ...keys });
    expect(toEvalRow(item)).toEqual({ item: keys });
  });

  it('refuses an item without pronunciations', () => {
    expect(() => toRftRow({ word: 'x', pronunciations: [] })).toThrow('"x" has no pronunciation');
  });
});
