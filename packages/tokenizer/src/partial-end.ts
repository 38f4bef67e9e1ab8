/** Length of the longest end of `text` that is a beginning of `word`, but not the whole of it: what more text may complete. */
export function partialEnd(text: string, word: string): number {
  let length = Math.min(word.length - 1, text.length);
  while (length > 0 && !text.endsWith(word.slice(0, length))) length--;
  return Math.max(0, length);
}
