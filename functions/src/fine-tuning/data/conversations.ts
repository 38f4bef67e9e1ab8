/**
 * Which conversations a file has had before. Equal means equal after normalisation: the same roles and the same text, but
 * for how Unicode writes its characters (NFC) and how much white space there is, and the same functions listed. Keys beside
 * these do not count: a prompt with another reference is the same prompt.
 */
import { createHash } from 'node:crypto';
import type { Chat } from './row-checks.js';

/** Conversations that are remembered: about 50 bytes each. What comes later is compared with these. */
const MAX_REMEMBERED = 1_000_000;
/** A number holds 53 bits exactly: among a million rows, one chance in ten thousand that two others look alike. */
const DIGEST_BYTES = 6;

export class Conversations {
  readonly #lines = new Map<number, number>();

  /** The line that had the conversations of the row first, which may be this one. */
  add(chats: readonly Chat[], line: number): number {
    const key = keyOf(chats);
    const known = this.#lines.get(key);
    if (known === undefined && this.#lines.size < MAX_REMEMBERED) this.#lines.set(key, line);
    return known ?? line;
  }

  /** The line that has the conversations of the row, or undefined. */
  lineOf(chats: readonly Chat[]): number | undefined {
    return this.#lines.get(keyOf(chats));
  }
}

function keyOf(chats: readonly Chat[]): number {
  const text = chats.map(({ messages, tools = [] }) => [messages.map(said), tools]);
  return createHash('sha256').update(JSON.stringify(text)).digest().readUIntBE(0, DIGEST_BYTES);
}

const said = ({ role, content, tool_calls: calls }: Chat['messages'][number]) => [
  role,
  (content ?? '').normalize('NFC').trim().replaceAll(/\s+/g, ' '),
  ...(calls ?? []).map((call) => call.function),
];
