/** A tokenizer whose tokens are single bytes, as those of large models are where no longer token fits: characters are cut in half. */
import { loadTokenizer, type Tokenizer } from '@preheat/tokenizer';

/** GPT-2's letters for the bytes of what tests write. */
const LETTERS: readonly string[] = [...'abcdSTOP', 'Ġ', 'Ã', '©', 'â', 'Ĥ', '¬'];

export function byteTokenizer(): Tokenizer {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const vocab = Object.fromEntries(LETTERS.map((letter, id) => [letter, id]));
  const model = { type: 'BPE', vocab, merges: [] };
  const ends = {
    id: LETTERS.length,
    content: '<end>',
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
  };
  const added_tokens = [{ ...ends, normalized: false }];
  const parts = { normalizer: null, post_processor: null, pre_tokenizer: byteLevel, decoder: byteLevel };
  return loadTokenizer({ tokenizerJson: { ...parts, model, added_tokens }, tokenizerConfig: {} } as never);
}
