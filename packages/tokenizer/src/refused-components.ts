/**
 * Parts of a tokenizer.json that the implementation leaves out or takes for something else: it would give other ids than the model
 * was trained on, so they are refused.
 */
import { TokenizerError } from './tokenizer-error.js';
import { isRecord, type TokenizerJson } from './tokenizer-files.js';

/** @throws {TokenizerError} `invalid_tokenizer` naming the part. */
export function refuseUncomputed({ model, added_tokens: added, normalizer }: TokenizerJson): void {
  const wordOnly = (Array.isArray(added) ? added : []).find(
    (token) => isRecord(token) && token['single_word'] === true,
  );
  if (isRecord(wordOnly)) throw refused(`the added token ${JSON.stringify(wordOnly['content'])} is single_word`);
  if (stepsOf(normalizer).some((step) => step['type'] === 'Precompiled')) {
    throw refused('the normalizer Precompiled carries a table of its own');
  }
  const prefix = isRecord(model) && model['type'] === 'BPE' ? model['continuing_subword_prefix'] : undefined;
  if (typeof prefix === 'string' && prefix !== '') {
    throw refused(`the BPE model has the continuing_subword_prefix ${JSON.stringify(prefix)}`);
  }
}

function stepsOf(normalizer: unknown): Readonly<Record<string, unknown>>[] {
  if (!isRecord(normalizer)) return [];
  const inner = normalizer['normalizers'];
  return Array.isArray(inner) ? inner.flatMap(stepsOf) : [normalizer];
}

const refused = (what: string): TokenizerError =>
  new TokenizerError('invalid_tokenizer', `tokenizer.json: ${what}, which is not supported.`);
