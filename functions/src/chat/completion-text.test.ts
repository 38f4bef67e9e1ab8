import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../test-kit/byte-tokenizer.js';
import { CompletionText } from './completion-text.js';

const tokenizer = loadTokenizer(letterToSoundTokenizer());

/** What a client sees: the pieces, joined. */
function stream(text: string, stops: string[], chunk: number) {
  const tokens = tokenizer.encode(text);
  const completion = new CompletionText(tokenizer, stops);
  const pieces: string[] = [];
  for (let start = 0; start < tokens.length && !completion.isStopped; start += chunk) {
    pieces.push(completion.push(tokens.subarray(start, start + chunk)));
  }
  pieces.push(completion.finish());
  return { completion, pieces, joined: pieces.join('') };
}

describe.each([1, 2, 3, 100])('in chunks of %i tokens', (chunk) => {
  it('gives out the whole text', () => {
    expect(stream('hello world', [], chunk).joined).toBe('hello world');
  });

  it('ends before a stop sequence and never shows a part of it', () => {
    const { completion, pieces, joined } = stream('one STOP two', ['STOP'], chunk);
    expect(joined).toBe('one ');
    expect(completion).toMatchObject({ text: 'one ', isStopped: true, tokenCount: 'one STOP'.length });
    expect(pieces.join('|')).not.toMatch(/S/);
  });

  it('gives out what looked like the beginning of a stop sequence and was none', () => {
    expect(stream('a STO b ST', ['STOP'], chunk).joined).toBe('a STO b ST');
  });

  it('takes the earliest of several stop sequences', () => {
    expect(stream('abcdef', ['ef', 'cd'], chunk).joined).toBe('ab');
  });
});

describe('of tokens that are parts of characters', () => {
  const bytes = byteTokenizer();
  const pieces = (text: string, stops: string[]): string[] => {
    const completion = new CompletionText(bytes, stops);
    const all: string[] = [];
    for (const token of bytes.encode(text)) if (!completion.isStopped) all.push(completion.push([token]));
    return [...all, completion.finish()].filter((piece) => piece !== '');
  };

  it('gives out whole characters', () => {
    expect(pieces('aé€b', [])).toEqual(['a', 'é', '€', 'b']);
  });

  it('holds back the beginning of a stop sequence whose next character is not whole yet', () => {
    expect(pieces('a STé b', ['STé'])).toEqual(['a', ' ']);
    expect(pieces('a ST€ b', ['STé'])).toEqual(['a', ' ', 'ST€', ' ', 'b']);
  });
});
