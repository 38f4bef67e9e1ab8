/**
 * The text of one answer, as its tokens arrive. Text is given out only when no later token can change or withdraw it: a
 * character cut in half waits for its rest, and the beginning of a stop sequence waits until it is known to be none.
 */
import type { GenerateRequest } from '@preheat/inference';
import { partialEnd, type Tokenizer } from '@preheat/tokenizer';
import type { AnswerPlan } from './plan-completion.js';

/** What the decoder writes where bytes do not form a character yet. */
const REPLACEMENT = '\ufffd';
/** Tokens before new ones that are decoded with them: what a token reads like may depend on its neighbours, not on all before it. */
const CONTEXT_TOKENS = 32;

export class CompletionText {
  readonly #tokenizer: Tokenizer;
  readonly #stops: readonly string[];
  readonly #kept: readonly number[];
  #tokens: number[] = [];
  #sent = 0;
  #text = '';
  /** The text of the first of the tokens, which later ones do not change. */
  #settled = { tokens: 0, text: '' };
  #isStopped = false;

  /** @param kept control tokens that are part of the text. */
  constructor(tokenizer: Tokenizer, stops: readonly string[], kept: readonly number[] = []) {
    this.#tokenizer = tokenizer;
    this.#stops = stops;
    this.#kept = kept;
  }

  /** Everything up to the stop sequence. */
  get text(): string {
    return this.#text;
  }

  /** Tokens that were needed for the text, the stop sequence's included. */
  get tokenCount(): number {
    return this.#tokens.length;
  }

  /** Whether a stop sequence was met; what follows is not part of the answer. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Adds tokens (without the model's own end token) and returns the text that is now certain. */
  push(tokens: ArrayLike<number>): string {
    const before = this.#tokens.length;
    for (const token of Array.from(tokens)) this.#tokens.push(token);
    // What is behind it may have been half a character.
    const searched = this.#settled.text.length;
    const decoded = this.#decodeNew();
    const stopAt = this.#firstStop(decoded, searched);
    if (stopAt !== undefined) {
      this.#isStopped = true;
      this.#text = decoded.slice(0, stopAt);
      this.#tokens.length = this.#tokensUntilStop(before);
      return this.#take(this.#text.length);
    }
    this.#text = decoded;
    return this.#take(decoded.length - this.#uncertainLength(decoded));
  }

  /** The rest, when no more tokens will come. */
  finish(): string {
    return this.#take(this.#text.length);
  }

  #take(end: number): string {
    const piece = this.#text.slice(this.#sent, Math.max(end, this.#sent));
    this.#sent += piece.length;
    return piece;
  }

  /** All of the text, of which only what is new is decoded: an answer of n tokens would else take time in the square of n. */
  #decodeNew(): string {
    const { tokens, text } = this.#settled;
    const start = Math.max(0, tokens - CONTEXT_TOKENS);
    const known = this.#decode(tokens, start).length;
    const window = this.#decode(this.#tokens.length, start);
    const decoded = text + window.slice(known);
    if (!window.endsWith(REPLACEMENT)) this.#settled = { tokens: this.#tokens.length, text: decoded };
    return decoded;
  }

  #decode(end: number, start = 0): string {
    return this.#tokenizer.decode(this.#tokens.slice(start, end), { skipSpecialTokens: true, kept: this.#kept });
  }

  /** @param searched Length of the beginning that holds no stop sequence. */
  #firstStop(text: string, searched = 0): number | undefined {
    const found = this.#stops.map((stop) => text.indexOf(stop, Math.max(0, searched - stop.length)));
    const there = found.filter((index) => index >= 0);
    return there.length > 0 ? Math.min(...there) : undefined;
  }

  /** The fewest tokens whose text holds a stop sequence, by bisection: more tokens never take it away. */
  #tokensUntilStop(before: number): number {
    let low = before;
    let high = this.#tokens.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#firstStop(this.#decode(middle)) === undefined) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Bytes that form no character yet, and before them what a stop sequence may begin with. */
  #uncertainLength(text: string): number {
    const whole = text.endsWith(REPLACEMENT) ? text.replace(/\ufffd+$/, '') : text;
    const partial = [text, whole].map((end) => Math.max(0, ...this.#stops.map((stop) => partialEnd(end, stop))));
    return Math.max(partial[0] ?? 0, text.length - whole.length + (partial[1] ?? 0));
  }
}

/** The requests of a plan, whose rows end with their stop sequences instead of going on to their limits. */
export function untilStops({
  requests,
  tokenizer,
  stops,
  kept,
}: Pick<AnswerPlan, 'requests' | 'tokenizer' | 'stops' | 'kept'>): readonly GenerateRequest[] {
  if (stops.length === 0) return requests;
  return requests.map((request) => {
    const text = new CompletionText(tokenizer, stops, kept);
    const until = (tokens: Int32Array): boolean => {
      text.push(tokens);
      return text.isStopped;
    };
    return { ...request, until };
  });
}
