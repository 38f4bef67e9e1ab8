/** Log-probabilities in the form of the wire: the model's own view of each token, before temperature. */
import type { ChatCompletion } from '@preheat/contracts';
import type { GeneratedRow } from '@preheat/inference';
import type { Tokenizer } from '@preheat/tokenizer';

export type WireLogProbs = ChatCompletion['choices'][number]['logprobs'];

/** The first `count` tokens of a row; `top` alternatives each. */
export function toWireLogProbs(row: GeneratedRow, count: number, top: number, tokenizer: Tokenizer): WireLogProbs {
  const content = Array.from(row.tokens.subarray(0, count), (token, index) => {
    const alternatives = row.alternatives?.[index];
    const others = (alternatives?.top ?? []).slice(0, top);
    return {
      ...wireToken(token, alternatives?.logProb ?? row.logProbs[index] ?? 0, tokenizer),
      top_logprobs: others.map((other) => wireToken(other.token, other.logProb, tokenizer)),
    };
  });
  return { content, refusal: null };
}

function wireToken(id: number, logprob: number, tokenizer: Tokenizer) {
  const text = tokenText(id, tokenizer);
  const bytes = tokenizer.tokenBytes(id) ?? new TextEncoder().encode(text);
  return { token: text, logprob, bytes: [...bytes] };
}

/** What a token adds to a text; U+FFFD where it is a part of a character, whose bytes tell more. */
export function tokenText(id: number, tokenizer: Tokenizer): string {
  const bytes = tokenizer.tokenBytes(id);
  // A tokenizer that decodes a token alone may drop the space it begins with.
  return bytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : tokenizer.decode([id]);
}
