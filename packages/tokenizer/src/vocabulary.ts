/**
 * Text to ids and back over Hugging Face's own implementation, with its rough edges smoothed: empty input is allowed,
 * an unknown id is an error instead of a silent `<unk>`, and decoding never rewrites spaces.
 */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { withPortableSplits } from './pre-tokenizer.js';
import { refuseUncomputed } from './refused-components.js';
import { withPortableReplacements } from './replacements.js';
import { withOwnUnknowns } from './unknown-pieces.js';
import { spelledBytes, type TokenSpelling, tokenSpelling } from './token-bytes.js';
import { TokenizerError } from './tokenizer-error.js';
import { isRecord, type TokenizerFiles, type TokenizerJson } from './tokenizer-files.js';

export class Vocabulary {
  /** One more than the largest id: the number of rows an embedding table needs. */
  readonly size: number;
  /** Texts that become control tokens (marked special), in the order of their ids. */
  readonly controlTokens: readonly string[];
  private readonly implementation: HuggingFaceTokenizer;
  private readonly controlIds: ReadonlySet<number>;
  /** Ids below this without a token are rows that a model keeps spare; they have no text. */
  private readonly rows: number;
  private readonly addedIds: ReadonlySet<number>;
  private readonly spelling: TokenSpelling;

  /** @throws {TokenizerError} `invalid_tokenizer` when tokenizer.json is malformed or uses an unknown component. */
  constructor(files: TokenizerFiles, modelRows: number) {
    this.implementation = build(files);
    let largest = -1;
    for (const id of this.implementation.get_vocab().values()) largest = Math.max(largest, id);
    this.size = largest + 1;
    this.rows = Math.max(this.size, modelRows);
    const all = [...this.implementation.get_added_tokens_decoder()];
    this.addedIds = new Set(all.map(([id]) => id));
    this.spelling = tokenSpelling(files);
    const added = all.filter(([, token]) => token.special);
    added.sort(([a], [b]) => a - b);
    this.controlIds = new Set(added.map(([id]) => id));
    this.controlTokens = added.map(([, token]) => token.content);
  }

  isControl(id: number): boolean {
    return this.controlIds.has(id);
  }

  /** Adds nothing: a beginning-of-text token appears only where the text or the template spells it. */
  encode(text: string): Int32Array {
    const wellFormed = text.replace(LONE_SURROGATES, REPLACEMENT);
    return Int32Array.from(this.implementation.encode(wellFormed, { add_special_tokens: false }).ids);
  }

  /**
   * @param kept Control tokens that are not skipped.
   * @throws {TokenizerError} `unknown_token_id`, with the position of the id.
   */
  decode(ids: ArrayLike<number>, skipSpecialTokens: boolean, kept: readonly number[] = []): string {
    const list = Array.from(ids);
    list.forEach((id, position) => {
      if (!this.isRow(id)) throw unknownId(id, this.rows, position);
    });
    const hasText = (id: number) => this.implementation.id_to_token(id) !== undefined;
    const isSkipped = (id: number) => skipSpecialTokens && this.isControl(id) && !kept.includes(id);
    const shown = list.filter((id) => hasText(id) && !isSkipped(id));
    return shown.length === 0 ? '' : this.implementation.decode(shown, { clean_up_tokenization_spaces: false });
  }

  /** Empty for a spare row. @throws {TokenizerError} `unknown_token_id`. */
  idToToken(id: number): string {
    if (!this.isRow(id)) throw unknownId(id, this.rows);
    return this.implementation.id_to_token(id) ?? '';
  }

  /** Null for control tokens and spare rows, and where the text depends on neighbours. @throws {TokenizerError} `unknown_token_id`. */
  tokenBytes(id: number): Uint8Array | null {
    const token = this.idToToken(id);
    if (token === '' || this.isControl(id)) return null;
    const spelling = this.addedIds.has(id) ? 'plain' : this.spelling;
    if (spelling === 'plain' && this.decode([id], false) !== token) return null;
    return spelledBytes(token, spelling);
  }

  private isRow(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.rows;
  }

  tokenToId(token: string): number | null {
    return this.implementation.token_to_id(token) ?? null;
  }
}

/** UTF-16 halves that stand alone have no bytes; everything that encodes text writes U+FFFD for them. */
const LONE_SURROGATES = /\p{Surrogate}/gu;
const REPLACEMENT = '\ufffd';

function build({ tokenizerJson, tokenizerConfig }: TokenizerFiles): HuggingFaceTokenizer {
  if (!isRecord(tokenizerJson['model'])) {
    throw new TokenizerError('invalid_tokenizer', 'tokenizer.json: expected an object with a "model".');
  }
  refuseUncomputed(tokenizerJson);
  try {
    return withOwnUnknowns(withNormalizedTokens(new HuggingFaceTokenizer(portable(tokenizerJson), tokenizerConfig)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerError('invalid_tokenizer', `tokenizer.json cannot be loaded: ${reason}`, { cause });
  }
}

/** Added tokens that are looked for in normalised text are also decoded from it, as the Rust library does. */
function withNormalizedTokens(tokenizer: HuggingFaceTokenizer): HuggingFaceTokenizer {
  const { normalizer, model } = tokenizer;
  if (!normalizer || !model) return tokenizer;
  for (const [id, { content, normalized }] of tokenizer.get_added_tokens_decoder()) {
    if (normalized) model.vocab[id] = normalizer.normalize(content);
  }
  return tokenizer;
}

/** The parts that the implementation computes otherwise, in forms in which it does not. */
const portable = (json: TokenizerJson): TokenizerJson => ({
  ...json,
  normalizer: withPortableReplacements(json['normalizer']),
  pre_tokenizer: withPortableSplits(json['pre_tokenizer']),
  decoder: withPortableReplacements(json['decoder']),
});

function unknownId(id: number, size: number, position?: number): TokenizerError {
  const where = position === undefined ? '' : ` at position ${position}`;
  return new TokenizerError('unknown_token_id', `Token id ${id}${where} is not in the vocabulary of ${size} ids.`);
}
