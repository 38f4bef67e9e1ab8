/**
 * Which conversations a file has had before. Equal means equal after normalisation: the same roles and the same text, but
 * for how Unicode writes its characters (NFC) and how much white space there is. Keys beside `messages` do not count: a
 * prompt with another reference is the same prompt.
 */
import { createHash } from 'node:crypto';
import type { ChatMessage } from '@preheat/contracts';

/** Conversations that are remembered: about 50 bytes each. What comes later is compared with these. */
const MAX_REMEMBERED = 1_000_000;
/** A number holds 53 bits exactly: among a million rows, one chance in ten thousand that two others look alike. */
const DIGEST_BYTES = 6;

export class Conversations {
  readonly #lines = new Map<number, number>();

  /** The line that had the conversation first, which may be this one. */
  add(messages: readonly ChatMessage[], line: number): number {
    const key = keyOf(messages);
    const known = this.#lines.get(key);
    if (known === undefined && this.#lines.size < MAX_REMEMBERED) this.#lines.set(key, line);
    return known ?? line;
  }

  /** The line that has the conversation, or undefined. */
  lineOf(messages: readonly ChatMessage[]): number | undefined {
    return this.#lines.get(keyOf(messages));
  }
}

function keyOf(messages: readonly ChatMessage[]): number {
  const text = messages.map(({ role, content, tool_calls: calls }) => [
    role,
    (content ?? '').normalize('NFC').trim().replaceAll(/\s+/g, ' '),
    ...(calls ?? []).map((call) => call.function),
  ]);
  return createHash('sha256').update(JSON.stringify(text)).digest().readUIntBE(0, DIGEST_BYTES);
}
