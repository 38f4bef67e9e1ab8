/**
 * Text to ids and back over Hugging Face's own implementation, with its rough edges smoothed: empty input is allowed,
 * an unknown id is an error instead of a silent `<unk>`, and decoding never rewrites spaces.
 */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { TokenizerError } from './tokenizer-error.js';
import { isRecord, type TokenizerFiles } from './tokenizer-files.js';

export class Vocabulary {
  /** One more than the largest id: the number of rows an embedding table needs. */
  readonly size: number;
  /** Texts that become control tokens (marked special), in the order of their ids. */
  readonly controlTokens: readonly string[];
  private readonly implementation: HuggingFaceTokenizer;
  private readonly controlIds: ReadonlySet<number>;

  /** @throws {TokenizerError} `invalid_tokenizer` when tokenizer.json is malformed or uses an unknown component. */
  constructor(files: TokenizerFiles) {
    this.implementation = build(files);
    let largest = -1;
    for (const id of this.implementation.get_vocab().values()) largest = Math.max(largest, id);
    this.size = largest + 1;
    const added = [...this.implementation.get_added_tokens_decoder()].filter(([, token]) => token.special);
    added.sort(([a], [b]) => a - b);
    this.controlIds = new Set(added.map(([id]) => id));
    this.controlTokens = added.map(([, token]) => token.content);
  }

  isControl(id: number): boolean {
    return this.controlIds.has(id);
  }

  /** Adds nothing: a beginning-of-text token appears only where the text or the template spells it. */
  encode(text: string): Int32Array {
    return Int32Array.from(this.implementation.encode(text, { add_special_tokens: false }).ids);
  }

  /** @throws {TokenizerError} `unknown_token_id`, with the position of the id. */
  decode(ids: ArrayLike<number>, skipSpecialTokens: boolean): string {
    const list = Array.from(ids);
    list.forEach((id, position) => {
      if (this.implementation.id_to_token(id) === undefined) throw unknownId(id, this.size, position);
    });
    const kept = skipSpecialTokens ? list.filter((id) => !this.isControl(id)) : list;
    return kept.length === 0 ? '' : this.implementation.decode(kept, { clean_up_tokenization_spaces: false });
  }

  /** @throws {TokenizerError} `unknown_token_id`. */
  idToToken(id: number): string {
    const token = this.implementation.id_to_token(id);
    if (token === undefined) throw unknownId(id, this.size);
    return token;
  }

  tokenToId(token: string): number | null {
    return this.implementation.token_to_id(token) ?? null;
  }
}

function build({ tokenizerJson, tokenizerConfig }: TokenizerFiles): HuggingFaceTokenizer {
  if (!isRecord(tokenizerJson['model'])) {
    throw new TokenizerError('invalid_tokenizer', 'tokenizer.json: expected an object with a "model".');
  }
  try {
    return new HuggingFaceTokenizer(tokenizerJson, tokenizerConfig);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerError('invalid_tokenizer', `tokenizer.json cannot be loaded: ${reason}`, { cause });
  }
}

function unknownId(id: number, size: number, position?: number): TokenizerError {
  const where = position === undefined ? '' : ` at position ${position}`;
  return new TokenizerError('unknown_token_id', `Token id ${id}${where} is not in the vocabulary of ${size} ids.`);
}
