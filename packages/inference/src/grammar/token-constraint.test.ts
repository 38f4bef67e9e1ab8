import { CounterRandom } from '@preheat/ports';
import { expect, it } from 'vitest';
import { literal, repeat } from './byte-grammar.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { SortedTokens, TokenConstraint } from './token-constraint.js';

const SCHEMA = {
  type: 'object',
  properties: { ok: { type: 'boolean' }, word: { type: 'string', maxLength: 3 } },
  required: ['ok', 'word'],
};
const END = 0;

/** A control token, single bytes, and pieces that go over the ends of grammar symbols, twice the same text among them. */
function vocabulary(): (Uint8Array | null)[] {
  const pieces = ['{"', 'ok', 'ok"', '": ', 'true', 'tru', 'e,', 'false, "', '"word": "', '"}', 'é', '}', '}', ': t'];
  const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  return [null, ...bytes, ...pieces.map((text) => new TextEncoder().encode(text)), new Uint8Array()];
}

it('allows exactly the tokens whose bytes the grammar takes', () => {
  const tokens = vocabulary();
  const grammar = jsonSchemaGrammar(SCHEMA);
  const constraint = new TokenConstraint(grammar, new SortedTokens(tokens), [END]);
  for (let seed = 0; seed < 20; seed++) {
    const random = CounterRandom.fromSeed(seed);
    const text: number[] = [];
    let state = constraint.start;
    for (let step = 0; step < 200; step++) {
      const allowed = [...state.allowed.keys()].filter((id) => state.allowed[id] === 1);
      // By trying each token alone, as nothing is shared then.
      const expected = [...tokens.keys()].filter((id) => {
        try {
          return id !== tokens.length - 1 && state.next(id) !== undefined;
        } catch {
          return false;
        }
      });
      expect(allowed).toEqual(expected);
      const ending = state.allowed[END] === 1;
      if (ending) break;
      const id = allowed[Math.floor(random.float() * allowed.length)] as number;
      text.push(...(tokens[id] as Uint8Array));
      state = state.next(id);
    }
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(text))) as object;
    expect(Object.keys(value)).toEqual(['ok', 'word']);
  }
});

it('computes a place once, however it is reached', () => {
  const constraint = new TokenConstraint(jsonSchemaGrammar(SCHEMA), new SortedTokens(vocabulary()), [END]);
  const byte = (text: string) => [...new TextEncoder().encode(text)].map((code) => code + 1);
  const walk = (ids: number[]) => ids.reduce((state, id) => state.next(id), constraint.start);
  const piece = (text: string) =>
    vocabulary().findIndex((bytes) => bytes && Buffer.from(bytes).toString() === text && bytes.length > 1);
  expect(walk([piece('{"'), piece('ok"')])).toBe(walk(byte('{"ok"')));
  expect(walk(byte('{"ok"')).allowed).toBe(walk([piece('{"'), ...byte('ok"')]).allowed);
  expect(() => constraint.start.next(piece('ok'))).toThrow('may not come next');
});

it('keeps what is allowed of a bounded number of places, and finds it again', () => {
  // So large that the bound is some hundred of them.
  const tokens = [null, Uint8Array.of(0x61), ...new Array<null>(2 ** 17).fill(null)];
  const grammar = repeat(literal('a'), 0, 200);
  const { start } = new TokenConstraint(grammar, new SortedTokens(tokens), [END]);
  const first = start.allowed;
  expect(start.allowed).toBe(first);
  let place = start;
  for (let count = 0; count < 130; count++) {
    place = place.next(1);
    expect(place.allowed[1]).toBe(1);
  }
  expect(start.allowed).not.toBe(first);
  expect([start.allowed[END], start.allowed[1], start.allowed[2]]).toEqual([1, 1, 0]);
});
