/**
 * What a sampler is given for a row: its prompt and, where the row holds one under the key that a phase names, the text that the
 * answer begins with.
 */
import type { ChatMessage } from './chat-message.js';
import type { RenderOptions } from './chat-template.js';
import type { Tokenizer } from './tokenizer.js';

/** A row of data, whatever else it holds. */
export interface PromptRow {
  readonly messages: readonly ChatMessage[];
  /** As its prompt lists them. */
  readonly tools?: RenderOptions['tools'];
}

export interface RowPrompt {
  /** All that the sampler is given. */
  readonly prompt: Int32Array;
  /** Tokens at the end of `prompt` that the answer begins with though nobody sampled them. */
  readonly prefix?: Int32Array;
}

/** What the answer to a row begins with; undefined for none. @param key Empty: no row has any. */
export function prefixOf(row: object, key: string): string | undefined {
  const text: unknown = key !== '' && Object.hasOwn(row, key) ? row[key as keyof typeof row] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** @throws {TokenizerError} as `encodePrompt`, and for a control token in the prefix. */
export function rowPrompt(
  tokenizer: Pick<Tokenizer, 'encodePrompt' | 'encodeBegun'>,
  row: PromptRow,
  prefixKey: string,
): RowPrompt {
  const options = { tools: row.tools };
  const text = prefixOf(row, prefixKey);
  if (text === undefined) return { prompt: tokenizer.encodePrompt(row.messages, options) };
  const { tokens, start } = tokenizer.encodeBegun(row.messages, { text, name: prefixKey }, options);
  return { prompt: tokens, prefix: tokens.subarray(start) };
}

/** What an answer says as a whole, from what was sampled of it. */
export const wholeAnswer = (prefix: Int32Array | undefined, sampled: Int32Array): Int32Array =>
  prefix ? Int32Array.from([...prefix, ...sampled]) : sampled;
