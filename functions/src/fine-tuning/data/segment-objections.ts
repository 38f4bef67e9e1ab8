/**
 * What the tokenizer of a model says against the segments of its answers: a text that it does not write would end none of
 * them, and one that has no room could not be forced.
 */
import { ApiError } from '@preheat/contracts';
import { markerTokens, type Tokenizer, TokenizerError } from '@preheat/tokenizer';
import type { Objections } from '../estimate/objections.js';

type Segment = Partial<Record<'until', string> & Record<'max_tokens', number> & Record<'force', boolean>>;

/** @param config Of the phase; only that of some recipes has segments. @param path Of its hyperparameters in the request. */
export function segmentObjections(
  tokenizer: Pick<Tokenizer, 'encode' | 'decode'>,
  { answer_segments: given, max_completion_tokens: most }: Readonly<Record<string, unknown>>,
  path: string,
): Objections {
  const segments = Array.isArray(given) ? (given as readonly Segment[]) : [];
  const refused = (index: number, key: string, message: string) => {
    const param = `${path}.answer_segments.${index}.${key}`;
    return new ApiError('invalid_request', `'${param}' ${message}`, { param });
  };
  let taken = 0;
  const refusals = segments.flatMap(({ until, max_tokens: limit = 0, force = false }, index) => {
    if (force || until === undefined) taken += limit;
    if (until === undefined) return [];
    const quoted = JSON.stringify(until);
    const unwritten = `is ${quoted}, and the model's tokenizer reads it as another text, so an answer would hardly have it. Name a text that its tokens spell.`;
    if (!isWritten(tokenizer, until)) return [refused(index, 'until', unwritten)];
    if (!force) return [];
    const tokens = markerTokens(tokenizer, until);
    const unforced = `is ${quoted}, which no tokens of the model spell by themselves, so no answer could be forced to it. Name a text that they spell, such as one without spaces at its ends.`;
    if (!tokens) return [refused(index, 'until', unforced)];
    taken += tokens.length;
    const needed = taken + (index + 1 < segments.length ? 1 : 0);
    const short = `leaves no room within max_completion_tokens (${most}) for the ${tokens.length} tokens of ${quoted} that answers are forced to, and for what follows: ${needed} are needed. Lower it.`;
    return needed > Number(most) ? [refused(index, 'max_tokens', short)] : [];
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
