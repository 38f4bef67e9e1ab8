/**
 * A grammar over the tokens of one model: which tokens may come next so that the text stays a beginning of a text of the
 * grammar. Tokens are tried in the order of their bytes, so that a beginning that many share is tried once.
 */
import type { GrammarNode } from './byte-grammar.js';
import { Grammar, type GrammarState } from './grammar-state.js';

/** The bytes of every token by its id; null for one that has no text, such as a control token. */
export type TokenBytes = readonly (Uint8Array | null)[];

/** Tokens of a model in the order of their bytes. */
export class SortedTokens {
  readonly size: number;
  readonly ids: readonly number[];
  readonly bytes: readonly Uint8Array[];
  /** Bytes that each has in common with the one before it. */
  readonly shared: readonly number[];

  constructor(tokens: TokenBytes) {
    const written = tokens.flatMap((bytes, id) => (bytes && bytes.length > 0 ? [{ id, bytes }] : []));
    written.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    this.size = tokens.length;
    this.ids = written.map(({ id }) => id);
    this.bytes = written.map(({ bytes }) => bytes);
    this.shared = this.bytes.map((bytes, at) => commonLength(bytes, this.bytes[at - 1] ?? new Uint8Array()));
  }
}

/** Of one constraint: a counted repetition has a place for every count, and each a byte a token of the vocabulary. */
const MAX_MASK_BYTES = 2 ** 24;

/** Where a row stands. Equal places are one object. */
export interface ConstraintState {
  /** By token id: 1 where the token may come next. Looked up, so read it once where it is read for many tokens. */
  readonly allowed: Uint8Array;
  /** @throws RangeError for a token that may not come next. */
  next(token: number): ConstraintState;
}

export class TokenConstraint {
  readonly start: ConstraintState;
  readonly #tokens: SortedTokens;
  readonly #bytes: ReadonlyMap<number, Uint8Array>;
  readonly #stopIds: readonly number[];
  readonly #places = new Map<GrammarState, ConstraintState>();
  /** What is allowed where, the latest last. Computed again where it was forgotten. */
  readonly #masks = new Map<GrammarState, Uint8Array>();

  /** @param stopIds tokens that end a text, allowed where one is complete. */
  constructor(grammar: GrammarNode, tokens: SortedTokens, stopIds: readonly number[]) {
    this.#tokens = tokens;
    this.#bytes = new Map(tokens.ids.map((id, at) => [id, tokens.bytes[at] as Uint8Array]));
    this.#stopIds = stopIds;
    this.start = this.#place(new Grammar(grammar).start);
  }

  /** Places that answers have been at. */
  get placeCount(): number {
    return this.#places.size;
  }

  #place(state: GrammarState): ConstraintState {
    let place = this.#places.get(state);
    if (!place) {
      const allowedHere = () => this.#allowedAt(state);
      place = {
        get allowed() {
          return allowedHere();
        },
        next: (token) => this.#next(state, token),
      };
      this.#places.set(state, place);
    }
    return place;
  }

  #allowedAt(state: GrammarState): Uint8Array {
    const mask = this.#masks.get(state) ?? this.#allowed(state);
    this.#masks.delete(state);
    this.#masks.set(state, mask);
    for (const oldest of this.#masks.keys()) {
      if (this.#masks.size <= 1 || this.#masks.size * this.#tokens.size <= MAX_MASK_BYTES) break;
      this.#masks.delete(oldest);
    }
    return mask;
  }

  #next(state: GrammarState, token: number): ConstraintState {
    if (state.isAccepting && this.#stopIds.includes(token)) return this.#place(state);
    const bytes = this.#bytes.get(token);
    const next = bytes && state.walk(bytes);
    if (!next) throw new RangeError(`token ${token} may not come next`);
    return this.#place(next);
  }

  #allowed(start: GrammarState): Uint8Array {
    const { ids, bytes, shared, size } = this.#tokens;
    const allowed = new Uint8Array(size);
    if (start.isAccepting) for (const id of this.#stopIds) allowed[id] = 1;
    const states: GrammarState[] = [start];
    /** Bytes in common with the last token that was tried, and of those how many lead somewhere. */
    let [common, valid] = [0, 0];
    for (const [at, token] of bytes.entries()) {
      common = Math.min(common, shared[at] as number);
      if (common > valid) continue;
      let depth = common;
      for (let next: GrammarState | null; depth < token.length; states[++depth] = next) {
        next = (states[depth] as GrammarState).step(token[depth] as number);
        if (!next) break;
      }
      if (depth === token.length) allowed[ids[at] as number] = 1;
      [common, valid] = [token.length, depth];
    }
    return allowed;
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
