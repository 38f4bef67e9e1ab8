/**
 * The markers of calls that are control tokens of a model (Mistral's `[TOOL_CALLS]`, Phi's `<|tool_call|>`): decoding keeps them
 * where calls are looked for, and they are never part of a text.
 */
import type { Tokenizer } from './tokenizer.js';
import type { ToolCallForm } from './tool-call-form.js';

export interface ControlMarkers {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
}

export function controlMarkers(
  tokenizer: Pick<Tokenizer, 'tokenToId' | 'tokenBytes'>,
  { marker, endMarker }: ToolCallForm,
): ControlMarkers {
  const found = [marker, endMarker].flatMap((text) => {
    const id = tokenizer.tokenToId(text);
    return id !== null && tokenizer.tokenBytes(id) === null ? [{ id, text }] : [];
  });
  return { ids: found.map(({ id }) => id), texts: found.map(({ text }) => text) };
}
