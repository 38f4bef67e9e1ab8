/** Preference rows as pairs of token records: one prompt, and of either answer only its own tokens to be scored. */
import { invariant, listedTools, messageCharacters, type PreferenceRow } from '@preheat/contracts';
import { demonstrationRecord, type TokenRecord } from '@preheat/nn';
import type { Tokenizer } from '@preheat/tokenizer';

export interface Pair {
  readonly chosen: TokenRecord;
  readonly rejected: TokenRecord;
}

export class PreferencePairs {
  readonly #rows: readonly PreferenceRow[];
  readonly #tokenizer: Tokenizer;
  readonly #maxTokens: number;

  constructor(rows: readonly PreferenceRow[], tokenizer: Tokenizer, maxTokens: number) {
    this.#rows = rows;
    this.#tokenizer = tokenizer;
    this.#maxTokens = maxTokens;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Characters of every row, which is enough to sort by. */
  lengths(): Int32Array {
    return Int32Array.from(this.#rows, ({ input, preferred_output: chosen, non_preferred_output: rejected }) =>
      [...input.messages, ...chosen, ...rejected].reduce((sum, message) => sum + messageCharacters(message), 0),
    );
  }

  /** Both sequences, cut at the longest one. @throws TokenizerError naming the message that has no tokens. */
  pair(index: number): Pair {
    const row = this.#rows[index];
    invariant(row, `pair ${index} of ${this.#rows.length}`);
    // What the assistant said in the prompt is given, not judged.
    const prompt = row.input.messages.map((message) =>
      message.role === 'assistant' ? { ...message, weight: 0 as const } : message,
    );
    const tools = listedTools(row.input);
    const record = (answer: PreferenceRow['preferred_output']): TokenRecord => {
      const { tokens, trainMask } = this.#tokenizer.encodeChat([...prompt, ...answer], { tools });
      return demonstrationRecord(tokens.slice(0, this.#maxTokens), trainMask.slice(0, this.#maxTokens));
    };
    return { chosen: record(row.preferred_output), rejected: record(row.non_preferred_output) };
  }
}
