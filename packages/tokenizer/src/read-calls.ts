/** A whole answer as what it says: its text, and where the question listed functions, the calls of them. */
import { controlMarkers } from './control-markers.js';
import type { Tokenizer } from './tokenizer.js';
import { type ReadPiece, ToolCallReader } from './tool-call-reader.js';

/**
 * @param tokens of the answer; control tokens in it are no text.
 * @param names of the functions that the question listed; without any, all of the answer is text.
 * @throws {TokenizerError} `tools_not_supported` where there are names and the template writes no calls that are known.
 */
export function readCalls(
  tokenizer: Pick<Tokenizer, 'decode' | 'tokenToId' | 'tokenBytes' | 'toolCallForm'>,
  tokens: ArrayLike<number>,
  names: readonly string[],
): ReadPiece {
  if (names.length === 0) return { content: tokenizer.decode(tokens, { skipSpecialTokens: true }), calls: [] };
  const form = tokenizer.toolCallForm();
  const { ids, texts } = controlMarkers(tokenizer, form);
  const reader = new ToolCallReader(form, new Set(names), texts);
  const pieces = [reader.push(tokenizer.decode(tokens, { skipSpecialTokens: true, kept: ids })), reader.finish()];
  return { content: pieces.map(({ content }) => content).join(''), calls: pieces.flatMap(({ calls }) => calls) };
}
