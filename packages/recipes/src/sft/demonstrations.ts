/**
 * Chat rows as token records, made when they are first used: a large file costs nothing at the start of a phase or after
 * a resume. Before a row is tokenised its length is estimated by its characters, which is enough to sort by.
 */
import { invariant } from '@preheat/contracts';
import { demonstrationRecord, type TokenRecord } from '@preheat/nn';
import type { Tokenizer } from '@preheat/tokenizer';
import type { TrainingRow } from '../recipe.js';

export class Demonstrations {
  readonly #rows: readonly TrainingRow[];
  readonly #tokenizer: Tokenizer;
  readonly #maxTokens: number;
  readonly #kept: (TokenRecord | undefined)[] | null;

  /** @param keep Whether rows will be read again: keeps them tokenised. */
  constructor(rows: readonly TrainingRow[], tokenizer: Tokenizer, maxTokens: number, keep: boolean) {
    this.#rows = rows;
    this.#tokenizer = tokenizer;
    this.#maxTokens = maxTokens;
    this.#kept = keep ? new Array<TokenRecord | undefined>(rows.length) : null;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Characters of every row. */
  lengths(): Int32Array {
    return Int32Array.from(this.#rows, ({ messages }) =>
      messages.reduce((sum, { content }) => sum + content.length, 0),
    );
  }

  /** The row's record, cut at the longest sequence. @throws TokenizerError naming the message that has no tokens. */
  record(index: number): TokenRecord {
    const known = this.#kept?.[index];
    if (known) return known;
    const row = this.#rows[index];
    invariant(row, `row ${index} of ${this.#rows.length}`);
    const { tokens, trainMask } = this.#tokenizer.encodeChat(row.messages);
    const record = demonstrationRecord(tokens.slice(0, this.#maxTokens), trainMask.slice(0, this.#maxTokens));
    if (this.#kept) this.#kept[index] = record;
    return record;
  }
}
