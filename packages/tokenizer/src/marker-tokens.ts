/** The tokens that write a text which marks the end of something, where a model is to be given it. */
import { markerEnd } from './marker-end.js';
import type { Tokenizer } from './tokenizer.js';
import { TokenizerError } from './tokenizer-error.js';

/** Tokens that spell `marker` by themselves, the last one completing it (`markerEnd`); null where the vocabulary has none that do. */
export function markerTokens(tokenizer: Pick<Tokenizer, 'encode' | 'decode'>, marker: string): number[] | null {
  const tokens = encoded(tokenizer, marker);
  return tokens && markerEnd(tokenizer, marker)(tokens) ? tokens : null;
}

function encoded({ encode }: Pick<Tokenizer, 'encode'>, text: string): number[] | null {
  try {
    return Array.from(encode(text));
  } catch (error) {
    if (error instanceof TokenizerError) return null;
    throw error;
  }
}
