import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { letterToSoundTokenizer } from './letter-to-sound-tokenizer.js';
import { markerEnd } from './marker-end.js';
import { loadTokenizer, type Tokenizer } from './tokenizer.js';

const letters = loadTokenizer(characterTokenizer([...' </abdhiknt>']));
const sounds = loadTokenizer(letterToSoundTokenizer());

/** Tokens up to and with the one that completes the marker; -1 where none does. */
function endIn(tokenizer: Tokenizer, ids: Iterable<number>, marker: string): number {
  const isEnd = markerEnd(tokenizer, marker);
  const seen: number[] = [];
  for (const id of ids) {
    seen.push(id);
    if (isEnd(seen)) return seen.length;
  }
  return -1;
}

describe('the end of a marker', () => {
  it('is the token that completes it, of however many it is made', () => {
    expect(endIn(letters, letters.encode('a thin </think> bad'), '</think>')).toBe(15);
    expect(endIn(letters, letters.encode('a </thin k>'), '</think>')).toBe(-1);
    expect(endIn(sounds, sounds.encode('K AE T D'), 'AE T')).toBe(3);
  });

  it('is found behind more than could be decoded again and again', () => {
    const long = 'ab '.repeat(400);
    expect(endIn(letters, letters.encode(`${long}/</think>`), '</think>')).toBe(1209);
  });

  it('is found where ids without text lie between its tokens', () => {
    const files = characterTokenizer([...' </abdhiknt>']);
    const spare = letters.vocabSize;
    const wide = loadTokenizer(files, { modelVocabSize: spare + 3 });
    const written = [...wide.encode('a </think>')].flatMap((id) => [id, spare, spare + 2]);
    expect(endIn(wide, written, '</think>')).toBe(3 * 9 + 1);
    expect(endIn(wide, written, '</think>a')).toBe(-1);
  });

  it('is a control token where it is spelt like one', () => {
    const end = sounds.specialIds.eos ?? 0;
    expect(endIn(sounds, [...sounds.encode('K'), end], sounds.idToToken(end))).toBe(2);
  });
});
