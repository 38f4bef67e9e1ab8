/** A whole answer as what it says: its text, and where the question listed functions, the calls of them, read as in serving. */
import { controlMarkers } from './control-markers.js';
import type { Tokenizer } from './tokenizer.js';
import { type ReadPiece, ToolCallReader } from './tool-call-reader.js';

/** What the question said of functions. */
interface CallableFunctions {
  /** Without any, all of the answer is text. */
  readonly names: readonly string[];
  /** Whether an answer may call several. */
  readonly isParallel: boolean;
}

/**
 * @param tokens of the answer; control tokens in it are no text.
 * @throws {TokenizerError} `tools_not_supported` where there are names and the template writes no calls that are known.
 */
export function readCalls(
  tokenizer: Pick<Tokenizer, 'decode' | 'tokenToId' | 'tokenBytes' | 'toolCallForm'>,
  tokens: ArrayLike<number>,
  { names, isParallel }: CallableFunctions,
): ReadPiece {
  if (names.length === 0) return { content: tokenizer.decode(tokens, { skipSpecialTokens: true }), calls: [] };
  const form = tokenizer.toolCallForm();
  const { ids, texts } = controlMarkers(tokenizer, form);
  const reader = new ToolCallReader(form, new Set(names), texts, isParallel);
  const pieces = [reader.push(tokenizer.decode(tokens, { skipSpecialTokens: true, kept: ids })), reader.finish()];
  return { content: pieces.map(({ content }) => content).join(''), calls: pieces.flatMap(({ calls }) => calls) };
}
