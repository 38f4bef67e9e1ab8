/**
 * Notices a row that goes in circles: its newest tokens are one pattern over and over. What it says of a token depends on the
 * tokens before it alone, so a row ends at the same token however it was cut into segments.
 */

export interface RepetitionLimit {
  /** Longest pattern that is looked for, in tokens. */
  readonly maxPattern: number;
  /** Times in a row that a pattern may not be reached; at least 2. */
  readonly count: number;
}

export class RepetitionWatch {
  readonly #limit: RepetitionLimit;
  readonly #tokens: number[] = [];
  /** At p: how many of the newest tokens in a row equal the token p places before them. */
  readonly #matches: Int32Array;

  constructor(limit: RepetitionLimit) {
    this.#limit = limit;
    this.#matches = new Int32Array(limit.maxPattern + 1);
  }

  /** Takes the next token; whether some pattern, ending with it, has now come `count` times in a row. */
  sees(token: number): boolean {
    const { maxPattern, count } = this.#limit;
    let isOver = false;
    for (let length = 1; length <= maxPattern; length++) {
      const isSame = this.#tokens[this.#tokens.length - length] === token;
      const matches = isSame ? (this.#matches[length] ?? 0) + 1 : 0;
      this.#matches[length] = matches;
      if (matches >= length * (count - 1)) isOver = true;
    }
    this.#tokens.push(token);
    return isOver;
  }
}
