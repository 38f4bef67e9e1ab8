import { CounterRandom } from '@preheat/ports';
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
    expect(pieces('aa€ b', ['€'])).toEqual(['a', 'a']);
  });
});

describe('whatever tokens come', () => {
  const steps = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const vocab = ['<unk>', '▁a', 'b', '▁', '<0xC3>', '<0xA9>', '<0xE2>', '<0x82>', '<0xAC>', 'é'];
  const model = { type: 'BPE', vocab: Object.fromEntries(vocab.map((token, id) => [token, id])), merges: [] };
  const rest = { normalizer: null, pre_tokenizer: null, post_processor: null, added_tokens: [] };
  const decoder = { type: 'Sequence', decoders: [...steps, strip] };
  const sentencePiece = loadTokenizer({
    tokenizerJson: { ...rest, decoder, model: { ...model, byte_fallback: true, unk_token: '<unk>' } },
    tokenizerConfig: {},
  } as never);

  it.each([
    ['letters and sounds', tokenizer],
    ['bytes', byteTokenizer()],
    ['pieces with bytes between', sentencePiece],
  ] as const)('pieces are those of the whole text: %s', (_, of) => {
    for (let seed = 0; seed < 30; seed++) {
      const random = CounterRandom.fromSeed(seed);
      const ids = Int32Array.from({ length: 200 }, () => Math.floor(random.float() * of.vocabSize));
      const text = new CompletionText(of, []);
      let pieces = '';
      for (let at = 0; at < ids.length; ) {
        const count = 1 + Math.floor(random.float() * 9);
        pieces += text.push(ids.subarray(at, at + count));
        at += count;
      }
      expect(pieces + text.finish()).toBe(of.decode(ids, { skipSpecialTokens: true }));
    }
  });

  it('decodes a number of tokens that grows with the answer, not with its square', () => {
    let decoded = 0;
    const counting = {
      ...tokenizer,
      decode: (ids: ArrayLike<number>) => {
        decoded += ids.length;
        return tokenizer.decode(ids);
      },
    };
    const text = new CompletionText(counting, ['never']);
    const chunk = tokenizer.encode('eight to');
    for (let count = 0; count < 200; count++) text.push(chunk);
    expect(decoded).toBeLessThan(200 * (2 * 32 + 2 * chunk.length));
  });
});
