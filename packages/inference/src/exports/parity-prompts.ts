/** The prompts of every parity check: fixed, so that a report can be repeated; of several scripts, so that vocabularies meet them. */
import type { DecoderConfig } from '@preheat/contracts';
import { type Tokenizer, TokenizerError } from '@preheat/tokenizer';

const TEXTS = [
  'cat',
  'the quick brown fox jumps over the lazy dog',
  'Once upon a time, in 1984,',
  'def add(a, b):\n    return',
  'Zażółć gęślą jaźń – 你好，世界 👍',
  '2 + 3 = 5, 7 * 6 =',
] as const;
/** Tokens generated after each. */
export const PARITY_NEW_TOKENS = 24;
const MAX_PROMPT_TOKENS = 256;

export interface ParityPrompt {
  readonly text: string;
  readonly tokens: Int32Array;
}

/** Each text as it is, and as a message where the tokenizer has a template for one; cut to leave room in the context. */
export function parityPrompts(
  { max_position_embeddings: context }: DecoderConfig,
  tokenizer: Tokenizer,
): ParityPrompt[] {
  const room = Math.min(MAX_PROMPT_TOKENS, Math.max(context - PARITY_NEW_TOKENS, 1));
  const encoded = TEXTS.flatMap((text) => [
    { text, tokens: tokenizer.encode(text) },
    ...asMessage(text, tokenizer).map((tokens) => ({ text: `user: ${text}`, tokens })),
  ]);
  return encoded
    .filter(({ tokens }) => tokens.length > 0)
    .map(({ text, tokens }) => ({ text, tokens: tokens.slice(0, room) }));
}

/** Empty where the template does not take a lone message of a user. */
function asMessage(text: string, tokenizer: Tokenizer): Int32Array[] {
  if (!tokenizer.hasChatTemplate) return [];
  try {
    return [tokenizer.encodePrompt([{ role: 'user', content: text }])];
  } catch (error) {
    if (error instanceof TokenizerError) return [];
    throw error;
  }
}
