/**
 * Chat rows as token records, made when they are first used: a large file costs nothing at the start of a phase or after
 * a resume. Before a row is tokenised its length is estimated by its characters, which is enough to sort by.
 */
import { invariant, listedTools, messageCharacters } from '@preheat/contracts';
import { demonstrationRecord, type TokenRecord } from '@preheat/nn';
import type { Tokenizer } from '@preheat/tokenizer';
import type { TrainingRow } from '../recipe.js';

export interface DemonstrationOptions {
  readonly maxTokens: number;
  /** Which tokens are trained: those of assistant messages, or every one. Default `assistant`. */
  readonly tokens?: 'assistant' | 'all';
  /** Whether rows will be read again: keeps them tokenised. */
  readonly keep: boolean;
}

export class Demonstrations {
  readonly #rows: readonly TrainingRow[];
  readonly #tokenizer: Tokenizer;
  readonly #options: DemonstrationOptions;
  readonly #kept: (TokenRecord | undefined)[] | null;

  constructor(rows: readonly TrainingRow[], tokenizer: Tokenizer, options: DemonstrationOptions) {
    const { keep } = options;
    this.#rows = rows;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#kept = keep ? new Array<TokenRecord | undefined>(rows.length) : null;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Characters of every row. */
  lengths(): Int32Array {
    return Int32Array.from(this.#rows, ({ messages }) =>
      messages.reduce((sum, message) => sum + messageCharacters(message), 0),
    );
  }

  /** The row's record, cut at the longest sequence. @throws TokenizerError naming the message that has no tokens. */
  record(index: number): TokenRecord {
    const known = this.#kept?.[index];
    if (known) return known;
    const row = this.#rows[index];
    invariant(row, `row ${index} of ${this.#rows.length}`);
    const { maxTokens, tokens: trained = 'assistant' } = this.#options;
    const { tokens, trainMask } = this.#tokenizer.encodeChat(row.messages, { tools: listedTools(row) });
    const mask = trained === 'all' ? trainMask.map(() => 1) : trainMask;
    const record = demonstrationRecord(tokens.slice(0, maxTokens), mask.slice(0, maxTokens));
    if (this.#kept) this.#kept[index] = record;
    return record;
  }
}
