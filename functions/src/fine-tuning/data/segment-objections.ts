/** What the tokenizer of a model says against the segments of its answers: a text that it does not write would end none of them. */
import { ApiError } from '@preheat/contracts';
import { type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import type { Objections } from '../estimate/objections.js';

/** @param config Of the phase; only that of some recipes has segments. @param path Of its hyperparameters in the request. */
export function segmentObjections(
  tokenizer: Pick<Tokenizer, 'encode' | 'decode'>,
  { answer_segments: segments }: Readonly<Record<string, unknown>>,
  path: string,
): Objections {
  const given = Array.isArray(segments) ? (segments as readonly { readonly until?: string }[]) : [];
  const refusals = given.flatMap(({ until }, index) => {
    if (until === undefined || isWritten(tokenizer, until)) return [];
    const param = `${path}.answer_segments.${index}.until`;
    const message = `'${param}' is ${JSON.stringify(until)}, and the model's tokenizer reads it as another text, so an answer would hardly have it. Name a text that its tokens spell.`;
    return [new ApiError('invalid_request', message, { param })];
  });
  return { refusals, warnings: [] };
}

/** A space at its ends depends on what is beside it. */
function isWritten({ encode, decode }: Pick<Tokenizer, 'encode' | 'decode'>, text: string): boolean {
  try {
    return decode(encode(text)).includes(text.trim());
  } catch (error) {
    if (error instanceof TokenizerError) return false;
    throw error;
  }
}
