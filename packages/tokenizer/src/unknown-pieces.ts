/** What becomes of text that a model has no piece for; the implementation knows no bytes of Unigram models, and no ends of words. */
import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { byteToken } from './token-bytes.js';

/**
 * What a model has no piece for, as the Rust library writes it: a Unigram model with byte fallback as the tokens of its bytes, where
 * it has one for each (BPE does so by itself), and what is left as one unknown token for each run within a word.
 */
export function withOwnUnknowns(tokenizer: HuggingFaceTokenizer): HuggingFaceTokenizer {
  const { model } = tokenizer;
  if (!model) return tokenizer;
  const { tokens_to_ids: ids, unk_token: unknown, fuse_unk: fuses } = model;
  const { type, byte_fallback: fallsBack } = model.config as { type?: unknown; byte_fallback?: unknown };
  const usesBytes = type === 'Unigram' && fallsBack === true;
  if (!usesBytes && !fuses) return tokenizer;
  const encode = model.encode.bind(model) as (words: string[]) => string[];
  const isUnknown = (piece: string | undefined) => piece !== undefined && (piece === unknown || !ids.has(piece));
  const inBytes = (piece: string): string[] => {
    const bytes = ids.has(piece) ? [] : [...new TextEncoder().encode(piece)].map(byteToken);
    return bytes.length > 0 && bytes.every((byte) => ids.has(byte)) ? bytes : [piece];
  };
  model.fuse_unk = false;
  model.encode = (words: string[]) =>
    words.flatMap((word) => {
      const pieces = encode([word]);
      const written = usesBytes ? pieces.flatMap(inBytes) : pieces;
      return fuses ? written.filter((piece, i) => !isUnknown(piece) || !isUnknown(written[i - 1])) : written;
    });
  return tokenizer;
}
