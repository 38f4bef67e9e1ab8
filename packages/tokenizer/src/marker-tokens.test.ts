import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { letterToSoundTokenizer } from './letter-to-sound-tokenizer.js';
import { markerTokens } from './marker-tokens.js';
import { loadTokenizer } from './tokenizer.js';

const letters = loadTokenizer(characterTokenizer([...' </abdhiknt>']));
const sounds = loadTokenizer(letterToSoundTokenizer());

describe('the tokens of a marker', () => {
  it('spell it', () => {
    expect(letters.decode(markerTokens(letters, '</think>') ?? [])).toBe('</think>');
    expect(markerTokens(letters, '</think>')).toHaveLength(8);
  });

  it('are the control token that is spelt so', () => {
    const end = sounds.specialIds.eos ?? 0;
    expect(markerTokens(sounds, sounds.idToToken(end))).toEqual([end]);
  });

  it('are none where the vocabulary lacks what it is made of', () => {
    expect(markerTokens(letters, '思考')).toBeNull();
    expect(markerTokens(sounds, 'AE T\t')).toBeNull();
  });
});
