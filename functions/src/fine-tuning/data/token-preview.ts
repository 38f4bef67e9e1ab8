/** A row as the model sees it, token by token: the chat template applied, what carries loss marked. */
import { MAX_PREVIEW_TOKENS, type PreflightData } from '@preheat/contracts';
import type { Tokenizer } from '@preheat/tokenizer';
import type { SequenceTokens } from './row-checks.js';

const REPLACEMENT = '\ufffd';

/** @param maxTokens Where the row is cut: what lies behind is not trained and not shown. */
export function tokenPreview(
  line: number,
  { tokens, trainMask }: SequenceTokens,
  tokenizer: Tokenizer,
  maxTokens: number,
): PreflightData['preview'][number] {
  const shown = tokens.subarray(0, Math.min(maxTokens, MAX_PREVIEW_TOKENS));
  return {
    line,
    tokens: Array.from(shown, (id, index) => {
      // Nothing predicts the first token.
      const trained = index > 0 && trainMask[index] === 1;
      return { id, text: textOf(id, shown[index - 1], tokenizer), trained, weight: trained ? 1 : 0 };
    }),
    omitted_tokens: tokens.length - shown.length,
  };
}

/** What it adds to the text before it, white space between them included; a part of a character as the vocabulary writes it. */
function textOf(id: number, before: number | undefined, tokenizer: Tokenizer): string {
  const start = before === undefined ? '' : tokenizer.decode([before]);
  const both = before === undefined ? '' : tokenizer.decode([before, id]);
  const text = before !== undefined && both.startsWith(start) ? both.slice(start.length) : tokenizer.decode([id]);
  return text === '' || text.includes(REPLACEMENT) ? tokenizer.idToToken(id) : text;
}
