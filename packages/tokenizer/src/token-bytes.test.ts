import { describe, expect, it } from 'vitest';
import { letterToSoundTokenizer } from './letter-to-sound-tokenizer.js';
import { loadTokenizer, type Tokenizer } from './tokenizer.js';

const ADDED = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** Every entry of `vocab` is a token; without merges, text falls into single letters of it. */
function tokenizerOf(vocab: readonly string[], rest: object): Tokenizer {
  const added_tokens = [
    { id: vocab.length, content: '<end>', special: true, ...ADDED },
    { id: vocab.length + 1, content: 'Ġdone', special: false, ...ADDED },
  ];
  const model = { type: 'BPE', vocab: Object.fromEntries(vocab.map((token, id) => [token, id])), merges: [], ...rest };
  return loadTokenizer({
    tokenizerJson: { normalizer: null, pre_tokenizer: null, post_processor: null, ...rest, model, added_tokens },
    tokenizerConfig: {},
  } as never);
}

function joined(tokenizer: Tokenizer, ids: ArrayLike<number>): string {
  const bytes = Array.from(ids).flatMap((id) => [...(tokenizer.tokenBytes(id) ?? [])]);
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
}

describe('tokenBytes', () => {
  it('of byte-level tokens are bytes, also of half a character', () => {
    const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
    const tokenizer = tokenizerOf(['a', 'Ġ', 'Ã', '©', 'Ċ', 'Ġa', 'ð', 'Ł', 'ĺ', 'Ģ'], {
      pre_tokenizer: byteLevel,
      decoder: byteLevel,
    });
    const text = 'a é\na😀';
    const ids = tokenizer.encode(text);
    expect(joined(tokenizer, ids)).toBe(text);
    expect([...(tokenizer.tokenBytes(2) ?? [])]).toEqual([0xc3]);
    expect(tokenizer.tokenBytes(10)).toBeNull();
    expect(new TextDecoder().decode(tokenizer.tokenBytes(11) as Uint8Array)).toBe('Ġdone');
  });

  it('of SentencePiece tokens have spaces, and bytes where no token has the character', () => {
    const steps = [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
    ];
    const normalizer = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
    const tokenizer = tokenizerOf(['a', '▁', '<0xC3>', '<0xA9>', '▁a'], {
      normalizer,
      decoder: { type: 'Sequence', decoders: steps },
      byte_fallback: true,
    });
    expect(joined(tokenizer, [0, 4, 1, 2, 3])).toBe('a a é');
    expect(tokenizer.decode([0, 4, 1, 2, 3])).toBe('a a é');
  });

  it('of plain tokens are their text, and nothing where neighbours decide it', () => {
    const tokenizer = loadTokenizer(letterToSoundTokenizer());
    const text = '{"a": [1, "b c"]}';
    expect(joined(tokenizer, tokenizer.encode(text))).toBe(text);
    const phoneme = [...tokenizer.encode('AE')];
    expect(phoneme.map((id) => tokenizer.tokenBytes(id))).toEqual(phoneme.map(() => null));
  });
});
