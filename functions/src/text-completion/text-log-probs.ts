/** Log-probabilities in the form of text completions: parallel arrays, and offsets into the text of the choice. */
import type { TextLogProbs } from '@preheat/contracts';
import type { GeneratedRow } from '@preheat/inference';
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
    this.#isFirst = false;
    return start;
  }

  #alone(id: number): string {
    return this.#tokenizer.decode([id], { skipSpecialTokens: true });
  }
}

/**
 * The first `count` tokens of a row; `top` alternatives each, and the token itself if it is none of them. Alternatives of the same text
 * share an entry, the more probable one's.
 */
export function toTextLogProbs(
  row: GeneratedRow,
  count: number,
  top: number,
  { tokenizer, offsets }: { readonly tokenizer: Tokenizer; readonly offsets: TextOffsets },
): TextLogProbs {
  const ids = Array.from(row.tokens.subarray(0, count));
  const name = (id: number) => tokenText(id, tokenizer);
  const own = ids.map((_, index) => row.alternatives?.[index]?.logProb ?? row.logProbs[index] ?? 0);
  const top_logprobs = ids.map((id, index) => {
    const best = (row.alternatives?.[index]?.top ?? []).slice(0, top);
    const entries = best.map(({ token, logProb }): [string, number] => [name(token), logProb]);
    return Object.fromEntries([[name(id), own[index] ?? 0] as [string, number], ...entries.toReversed()]);
  });
  return { tokens: ids.map(name), token_logprobs: own, top_logprobs, text_offset: ids.map((id) => offsets.take(id)) };
}
