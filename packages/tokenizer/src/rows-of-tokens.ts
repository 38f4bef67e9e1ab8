/**
 * Added tokens beyond the rows of a model's embedding. Tokenizers list some that a model was never made for (Gemma 3 1B's has the
 * token of an image, many a fine-tune's a padding token): their ids mean nothing to it, so that text may not become them.
 */
import { chatTemplateSources, isRecord, namedTokens, type TokenizerFiles } from './tokenizer-files.js';

/** The files without those tokens. One that conversations are written with stays: without it they would be other text. */
export function withinRows(files: TokenizerFiles, rows: number): TokenizerFiles {
  const { tokenizerJson, tokenizerConfig } = files;
  const added = tokenizerJson['added_tokens'];
  if (!Array.isArray(added)) return files;
  const { bos_token, eos_token } = namedTokens(tokenizerConfig);
  const written = [bos_token, eos_token, ...chatTemplateSources(tokenizerConfig).values()];
  const hasRow = (token: unknown): boolean =>
    !isRecord(token) ||
    Number(token['id']) < rows ||
    written.some((text) => text?.includes(String(token['content'])) === true);
  return { tokenizerJson: { ...tokenizerJson, added_tokens: added.filter(hasRow) }, tokenizerConfig };
}
