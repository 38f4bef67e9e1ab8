/** Where a text that marks the end of something is complete in tokens that come one by one. */
import type { Tokenizer } from './tokenizer.js';

/**
 * Says of tokens, the newest last, whether the newest completes `marker`, given that none before it did. A token that goes on behind the
 * marker completes it too. Control tokens count as they are spelt.
 */
export function markerEnd(
  tokenizer: Pick<Tokenizer, 'decode'>,
  marker: string,
): (tokens: readonly number[]) => boolean {
  // A token is a byte at least; one more, because some tokenizers drop the space that the first one begins with.
  const span = 1 + new TextEncoder().encode(marker).length;
  return (tokens) => tokenizer.decode(tokens.slice(-span)).includes(marker);
}
