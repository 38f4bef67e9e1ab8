/** Log-probabilities in the form of text completions: parallel arrays, and offsets into the text of the choice. */
import type { TextLogProbs } from '@preheat/contracts';
import type { GeneratedRow } from '@preheat/inference';
import type { Tokenizer } from '@preheat/tokenizer';

export interface PlacedLogProbs {
  readonly logprobs: TextLogProbs;
  /** Where the text of the next token begins. */
  readonly end: number;
}

/**
 * The first `count` tokens of a row; `top` alternatives each, and the token itself if it is none of them. `begin` is where the
 * first token's text begins. Alternatives that decode to the same text share an entry, the more probable one's.
 */
export function toTextLogProbs(
  row: GeneratedRow,
  count: number,
  top: number,
  { tokenizer, begin }: { readonly tokenizer: Tokenizer; readonly begin: number },
): PlacedLogProbs {
  const ids = Array.from(row.tokens.subarray(0, count));
  const name = (id: number) => tokenizer.decode([id]);
  const own = ids.map((_, index) => row.alternatives?.[index]?.logProb ?? row.logProbs[index] ?? 0);
  let end = begin;
  const text_offset = ids.map((id) => {
    const start = end;
    end += tokenizer.decode([id], { skipSpecialTokens: true }).length;
    return start;
  });
  const top_logprobs = ids.map((id, index) => {
    const best = (row.alternatives?.[index]?.top ?? []).slice(0, top);
    const entries = best.map(({ token, logProb }): [string, number] => [name(token), logProb]);
    return Object.fromEntries([[name(id), own[index] ?? 0] as [string, number], ...entries.toReversed()]);
  });
  return { logprobs: { tokens: ids.map(name), token_logprobs: own, top_logprobs, text_offset }, end };
}
