import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { ARPABET, letterToSoundTokenizer, PRINTABLE_ASCII } from './letter-to-sound-tokenizer.js';
import { loadTokenizer } from './tokenizer.js';
import recorded from './testdata/letter-to-sound-ids.json' with { type: 'json' };

const tokenizer = loadTokenizer(letterToSoundTokenizer());
const tokensOf = (text: string) => [...tokenizer.encode(text)].map((id) => tokenizer.idToToken(id));

describe('letterToSoundTokenizer', () => {
  it('costs one token per letter of a spelling and one per phoneme', () => {
    expect(tokensOf("don't")).toEqual(['d', 'o', 'n', "'", 't']);
    expect(tokensOf('TH IH NG K')).toEqual(['▁TH', '▁IH', '▁NG', '▁K']);
    expect(tokenizer.vocabSize).toBe(6 + 96 + 39);
    expect(tokenizer.specialIds).toEqual({ bos: null, eos: 2, pad: 0 });
  });

  it('takes a phoneme for one only where it stands as a word', () => {
    expect(tokensOf('BAD AE')).toEqual(['B', 'A', 'D', ' ', '▁AE']);
    expect(tokensOf('say K AE  T.')).toEqual(['s', 'a', 'y', ' ', '▁K', '▁AE', ' ', ' ', 'T', '.']);
  });

  it('gives back every spelling and every phoneme string exactly', () => {
    const spelling = fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz'"), maxLength: 20 });
    const phonemes = fc.array(fc.constantFrom(...ARPABET), { maxLength: 20 }).map((symbols) => symbols.join(' '));
    fc.assert(
      fc.property(fc.oneof(spelling, phonemes), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('gives back any printable text exactly, phonemes and spaces mixed in', () => {
    const piece = fc.constantFrom(...PRINTABLE_ASCII, ...ARPABET, ' ', ' K', 'AE ', ' T ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('decodes any sequence of ids, since a model may sample any', () => {
    const ids = fc.array(fc.integer({ min: 0, max: tokenizer.vocabSize - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(ids, (sampled) => {
        expect(tokenizer.decode(sampled)).not.toContain('▁');
      }),
    );
  });

  it('writes characters outside the alphabet as <unk>', () => {
    expect(tokensOf('né')).toEqual(['n', '<unk>']);
  });

  it('agrees id for id with the Rust library, as recorded', () => {
    expect(recorded.cases.length).toBeGreaterThan(20);
    for (const { text, ids, decoded } of recorded.cases) {
      expect([...tokenizer.encode(text)], text).toEqual(ids);
      expect(tokenizer.decode(ids), text).toBe(decoded);
    }
  });
});

describe('characterTokenizer', () => {
  it('works without symbols', () => {
    const plain = loadTokenizer(characterTokenizer(['a', 'b', ' ']));
    expect([...plain.encode('ab ba')]).toEqual([6, 7, 8, 7, 6]);
    expect(plain.decode(plain.encode('ab ba'))).toBe('ab ba');
  });

  it('refuses an alphabet or symbols that could not be told apart', () => {
    expect(() => characterTokenizer(['a', 'bc'])).toThrow('alphabet[1] "bc": expected one character');
    expect(() => characterTokenizer(['a', 'a'])).toThrow('alphabet[1] "a": appears twice');
    expect(() => characterTokenizer(['▁'])).toThrow('reserved');
    expect(() => characterTokenizer(['a'], ['K', 'k'])).toThrow('symbols[1] "k": expected 1 to 16 upper-case letters');
    expect(() => characterTokenizer(['a'], ['K', 'K'])).toThrow('symbols[1] "K": appears twice');
  });
});
