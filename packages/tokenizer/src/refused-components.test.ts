import { describe, expect, it } from 'vitest';
import { characterTokenizer } from './character-tokenizer.js';
import { loadTokenizer } from './tokenizer.js';

const { tokenizerJson, tokenizerConfig } = characterTokenizer(['a', 'b']);
const model = tokenizerJson['model'] as object;
const ADDED = { id: 8, content: 'ab', special: false, lstrip: false, rstrip: false, normalized: true };

describe('a tokenizer is refused', () => {
  it.each<[string, object, string]>([
    [
      'whose added tokens stand for whole words only',
      { added_tokens: [{ ...ADDED, single_word: true }] },
      'the added token "ab" is single_word, which is not supported',
    ],
    [
      'that normalises by a table',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Precompiled' }] } },
      'the normalizer Precompiled carries a table',
    ],
    [
      'whose pieces within a word are spelt with a prefix',
      { model: { ...model, type: 'BPE', continuing_subword_prefix: '##' } },
      'the BPE model has the continuing_subword_prefix "##"',
    ],
  ])('%s', (_, change, message) => {
    const load = () => loadTokenizer({ tokenizerJson: { ...tokenizerJson, ...change }, tokenizerConfig });
    expect(load).toThrow(message);
  });
});

it('takes the bytes of what a Unigram model with byte fallback has no piece for', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const vocab = [['<unk>', 0], ['a', -1], ...bytes.map((token) => [token, -9])];
  const unigram = (byte_fallback: boolean) =>
    loadTokenizer({
      tokenizerJson: {
        ...tokenizerJson,
        ...{ added_tokens: [], normalizer: null, pre_tokenizer: null },
        model: { type: 'Unigram', vocab, unk_id: 0, byte_fallback },
      },
      tokenizerConfig: {},
    });
  const tokens = (byte_fallback: boolean) => {
    const tokenizer = unigram(byte_fallback);
    return [...tokenizer.encode('aéa')].map((id) => tokenizer.idToToken(id));
  };
  expect(tokens(true)).toEqual(['a', '<0xC3>', '<0xA9>', 'a']);
  expect(tokens(false)).toEqual(['a', '<unk>', 'a']);
});
