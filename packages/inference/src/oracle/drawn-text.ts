/** Texts that a grammar allows, drawn byte by byte. */
import { CounterRandom } from '@preheat/ports';
import type { GrammarState } from '../grammar/grammar-state.js';

/** More than any test needs to end a text: a grammar that asks for more has a place from which no text ends. */
const MAX_PLACES = 200_000;

/** A text that is ended by the shortest way as soon as it has `length` bytes. @throws Error where no way ends it. */
export function drawnText(start: GrammarState, seed: number, length: number): string {
  const random = CounterRandom.fromSeed(seed);
  const among = <T>(items: readonly T[]): T => items[Math.floor(random.float() * items.length)] as T;
  const bytes: number[] = [];
  let state = start;
  while (bytes.length < length && state.moves.length > 0 && !(state.isAccepting && random.float() < 0.05)) {
    const { from, to, next } = among(state.moves);
    bytes.push(from + Math.floor(random.float() * (to - from + 1)));
    state = next;
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from([...bytes, ...shortestEnd(state)]));
}

function shortestEnd(start: GrammarState): number[] {
  const before = new Map<GrammarState, { readonly from: GrammarState; readonly byte: number } | null>([[start, null]]);
  for (const state of before.keys()) {
    if (state.isAccepting) return wayTo(state, before);
    if (before.size > MAX_PLACES) break;
    for (const { from: byte, next } of state.moves) if (!before.has(next)) before.set(next, { from: state, byte });
  }
  throw new Error('no text ends from here');
}

function wayTo(
  end: GrammarState,
  before: ReadonlyMap<GrammarState, { readonly from: GrammarState; readonly byte: number } | null>,
): number[] {
  const bytes: number[] = [];
  for (let step = before.get(end); step; step = before.get(step.from)) bytes.push(step.byte);
  return bytes.reverse();
}
