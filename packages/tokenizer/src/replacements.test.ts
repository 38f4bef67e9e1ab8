/** The texts are what Hugging Face's Rust library (0.23) makes of these; tests/parity asks it itself. */
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from './tokenizer.js';

const CHARACTERS = ['<unk>', 'a', 'b', '$', '&', ' ', '▁', '\u0085', '\ufeff', 'ο', 'σ', 'ς'];
const tokenizer = (change: object) =>
  loadTokenizer({
    tokenizerJson: {
      ...{ added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null },
      model: {
        ...{ type: 'BPE', merges: [], unk_token: '<unk>' },
        vocab: Object.fromEntries(CHARACTERS.map((character, id) => [character, id])),
      },
      ...change,
    },
    tokenizerConfig: {},
  });

describe('text is replaced as the Rust library replaces it', () => {
  const replace = { type: 'Replace', pattern: { String: 'a' }, content: '$&b' };
  const strip = (strip_left: boolean, strip_right: boolean) => ({ type: 'Strip', strip_left, strip_right });
  it.each<[string, object, string, string]>([
    ['a dollar is one', replace, 'ab', '$&bb'],
    ['within a sequence', { type: 'Sequence', normalizers: [replace] }, 'a', '$&b'],
    ['both ends lose what is space there', strip(true, true), '\u0085 a b\ufeff \u0085', 'a b\ufeff'],
    ['one end', strip(false, true), ' a ', ' a'],
    ['a letter is made small by itself', { type: 'Lowercase' }, 'AΟΣ', 'aοσ'],
    ['no end', strip(false, false), ' a ', ' a '],
  ])('%s', (_, normalizer, text, expected) => {
    const read = tokenizer({ normalizer });
    expect([...read.encode(text)].map((id) => read.idToToken(id)).join('')).toBe(expected);
  });

  it('no space goes where none was put before', () => {
    const metaspace = { type: 'Metaspace', replacement: '▁' };
    const never = tokenizer({ decoder: { ...metaspace, prepend_scheme: 'never' } });
    const always = tokenizer({ decoder: { ...metaspace, prepend_scheme: 'always' } });
    expect([never.decode([6, 1, 6, 2]), always.decode([6, 1, 6, 2])]).toEqual([' a b', 'a b']);
  });
});

it('fuses what is unknown within a word, and not across words', () => {
  const model = { type: 'BPE', merges: [], unk_token: '<unk>', fuse_unk: true, vocab: { '<unk>': 0, a: 1 } };
  const fusing = tokenizer({ model, pre_tokenizer: { type: 'WhitespaceSplit' } });
  expect([...fusing.encode('xya z xz')]).toEqual([0, 1, 0, 0]);
});
