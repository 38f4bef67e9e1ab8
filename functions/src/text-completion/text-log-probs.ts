/** Log-probabilities in the form of text completions: parallel arrays, and offsets into the text of the choice. */
import type { TextLogProbs } from '@preheat/contracts';
import type { GeneratedRow, TokenAlternatives } from '@preheat/inference';
import type { Tokenizer } from '@preheat/tokenizer';
import { tokenText } from '../chat/log-probs.js';

/** Where the tokens of one choice begin in its text. A token that begins within a character begins where the character does. */
export class TextOffsets {
  readonly #tokenizer: Tokenizer;
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #next: number;
  #isFirst = true;

  /** @param begin Where the answer begins. */
  constructor(tokenizer: Tokenizer, begin: number) {
    this.#tokenizer = tokenizer;
    this.#next = begin;
  }

  /** Where this token begins, which is the next one. */
  take(id: number): number {
    const start = this.#next;
    const bytes = this.#tokenizer.tokenBytes(id);
    const text = bytes ? this.#utf8.decode(bytes, { stream: true }) : this.#alone(id);
    // A text may lose the space that its first token begins with.
    const isTrimmed = this.#isFirst && text.startsWith(' ') && !this.#alone(id).startsWith(' ');
    this.#next += text.length - Number(isTrimmed);
    this.#isFirst &&= text === '';
    return start;
  }

  #alone(id: number): string {
    return this.#tokenizer.decode([id], { skipSpecialTokens: true });
  }
}

/** How a text is read, and where its tokens are. */
export interface TextPlace {
  readonly tokenizer: Tokenizer;
  readonly offsets: TextOffsets;
}

/** The first `count` tokens of a row. */
export function rowLogProbs(row: GeneratedRow, count: number, top: number, place: TextPlace): TextLogProbs {
  const views = Array.from(
    row.tokens.subarray(0, count),
    (_, index) => row.alternatives?.[index] ?? { logProb: row.logProbs[index] ?? 0, top: [] },
  );
  return toTextLogProbs(row.tokens, views, top, place);
}

/**
 * As many tokens as there are views of them, null for one that the model has no view of; `top` alternatives each, and the token itself if
 * it is none of them. Alternatives of the same text share an entry, the more probable one's.
 */
export function toTextLogProbs(
  tokens: Int32Array,
  views: readonly (TokenAlternatives | null)[],
  top: number,
  { tokenizer, offsets }: TextPlace,
): TextLogProbs {
  const ids = Array.from(tokens.subarray(0, views.length));
  const name = (id: number) => tokenText(id, tokenizer);
  const top_logprobs = views.map((view, index) => {
    if (!view) return null;
    const entries = view.top.slice(0, top).map(({ token, logProb }): [string, number] => [name(token), logProb]);
    return Object.fromEntries([
      [name(ids[index] as number), view.logProb] as [string, number],
      ...entries.toReversed(),
    ]);
  });
  return {
    tokens: ids.map(name),
    token_logprobs: views.map((view) => view && view.logProb),
    top_logprobs,
    text_offset: ids.map((id) => offsets.take(id)),
  };
}

export const joinedLogProbs = (first: TextLogProbs, then: TextLogProbs): TextLogProbs => ({
  tokens: [...first.tokens, ...then.tokens],
  token_logprobs: [...first.token_logprobs, ...then.token_logprobs],
  top_logprobs: [...first.top_logprobs, ...then.top_logprobs],
  text_offset: [...first.text_offset, ...then.text_offset],
});
