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
  // A token that has text is a byte at least; one more, because some tokenizers drop the space that the first one begins with.
  const span = 1 + new TextEncoder().encode(marker).length;
  const known = new Map<number, boolean>();
  const hasText = (id: number): boolean => {
    const has = known.get(id) ?? tokenizer.decode([id]) !== '';
    known.set(id, has);
    return has;
  };
  return (tokens) => {
    let start = tokens.length;
    // Spare rows of a model have none, and may lie between the tokens of the marker.
    for (let left = span; left > 0 && start > 0; start--) if (hasText(tokens[start - 1] as number)) left -= 1;
    return tokenizer.decode(tokens.slice(start)).includes(marker);
  };
}
