/** The pieces are what Hugging Face's Rust library (0.23) cuts; tests/parity asks it itself, over more text. */
import { describe, expect, it } from 'vitest';
import { withPortableSplits } from './pre-tokenizer.js';
import { loadTokenizer } from './tokenizer.js';

const TEXT = 'aéb ab.a,!! 12²';

/** Cuts text with a vocabulary that has every part of it, so that every piece is a token. */
function cut(preTokenizer: object, text: string): string[] {
  const spaced = [text, `▁${text.replaceAll(' ', '▁')}`];
  const parts = spaced.flatMap((whole) =>
    Array.from({ length: whole.length }, (_, start) =>
      Array.from({ length: whole.length - start }, (__, i) => whole.slice(start, start + i + 1)),
    ).flat(),
  );
  const vocabulary = Object.fromEntries(['<unk>', ...new Set(parts)].map((piece, id) => [piece, id]));
  const tokenizer = loadTokenizer({
    tokenizerJson: {
      ...{ added_tokens: [], normalizer: null, post_processor: null, decoder: null },
      pre_tokenizer: preTokenizer,
      model: { type: 'BPE', vocab: vocabulary, merges: [], unk_token: '<unk>', ignore_merges: true },
    },
    tokenizerConfig: {},
  });
  return [...tokenizer.encode(text)].map((id) => tokenizer.idToToken(id));
}

const onDots = (behavior: string, invert = false) => ({ type: 'Split', pattern: { String: '.' }, behavior, invert });
const spaces = (prepend: object) => ({ type: 'Metaspace', replacement: '▁', ...prepend });

describe('text is cut as the Rust library cuts it', () => {
  it.each<[string, object, string, string[]]>([
    ['words of any script', { type: 'Whitespace' }, TEXT, ['aéb', 'ab', '.', 'a', ',!!', '12', '²']],
    ['words between spaces', { type: 'WhitespaceSplit' }, 'a\u0085b\ufeffa', ['a', 'b\ufeffa']],
    ['so many characters', { type: 'FixedLength', length: 2 }, 'a👍b', ['a👍', 'b']],
    ['digits of any script', { type: 'Digits', individual_digits: true }, '٣a12²', ['٣', 'a', '1', '2', '²']],
    ['runs of digits', { type: 'Digits', individual_digits: false }, '٣a12²', ['٣', 'a', '12²']],
    ['single marks', { type: 'Punctuation' }, TEXT, ['aéb ab', '.', 'a', ',', '!', '!', ' 12²']],
    ['runs of marks', { type: 'Punctuation', behavior: 'Contiguous' }, TEXT, ['aéb ab', '.', 'a', ',!!', ' 12²']],
    ['matches left out', onDots('Removed'), 'ab..ab', ['ab', 'ab']],
    ['matches before what follows', onDots('MergedWithNext'), 'ab..ab', ['ab', '.', '.ab']],
    ['matches after what precedes', onDots('MergedWithPrevious'), 'ab..ab', ['ab.', '.', 'ab']],
    ['matches together', onDots('Contiguous'), 'ab..ab', ['ab', '..', 'ab']],
    ['both, inverted', onDots('Isolated', true), 'ab..ab', ['ab', '.', '.', 'ab']],
    ['what is between after matches', onDots('MergedWithPrevious', true), 'ab..ab', ['ab', '.', '.ab']],
    [
      'a pattern with a group',
      { type: 'Split', pattern: { Regex: '(\\s|_)+' }, behavior: 'Removed', invert: false },
      'a _b',
      ['a', 'b'],
    ],
    ['words at every space', spaces({}), '  a  b', ['▁', '▁a', '▁', '▁b']],
    ['the whole where it is not split', spaces({ split: false }), 'a b', ['▁a▁b']],
    ['without a first space', spaces({ add_prefix_space: false, split: false }), 'a b', ['a▁b']],
    ['in steps', { type: 'Sequence', pretokenizers: [onDots('Removed'), { type: 'Digits' }] }, 'a1.2', ['a', '1', '2']],
  ])('%s', (_, preTokenizer, text, pieces) => {
    expect(cut(preTokenizer, text)).toEqual(pieces);
  });

  it('or not at all', () => {
    expect(() => cut(onDots('Shuffled'), 'a')).toThrow('Unknown behavior of a split: "Shuffled"');
    expect(withPortableSplits(null)).toBe(null);
  });
});
