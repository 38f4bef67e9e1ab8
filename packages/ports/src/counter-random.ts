/**
 * Random from Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC 2011): block i is a pure function of (key, i), so the state is a key and a counter and forks
 * need no coordination. Pure arithmetic on 32-bit integers: equal on every machine.
 */
import type { Random, RandomState } from './random.js';

type Words4 = readonly [number, number, number, number];
type Words2 = readonly [number, number];

const ROUNDS = 10;
/** Domain tags keep drawing, seeding and forking from ever using the same block. */
const DOMAIN_DRAW = 0;
const DOMAIN_LABEL = 1;
const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;

export class CounterRandom implements Random {
  readonly #key: Words2;
  #counter: number;

  private constructor(key: Words2, counter: number) {
    this.#key = key;
    this.#counter = counter;
  }

  /** The stream of a seed: any integer or text. */
  static fromSeed(seed: number | string): CounterRandom {
    return new CounterRandom(hashLabel([0, 0], String(seed)), 0);
  }

  /** Continue exactly where `state()` was taken. @throws RangeError for a state no stream can have. */
  static fromState(state: RandomState): CounterRandom {
    const isWord = (word: number): boolean => Number.isInteger(word) && word >= 0 && word < TWO_32;
    if (state.key.length !== 2 || !state.key.every(isWord)) {
      throw new RangeError('A random state needs a key of two unsigned 32-bit integers');
    }
    if (!Number.isSafeInteger(state.counter) || state.counter < 0) {
      throw new RangeError(`A random state needs a counter that is a safe integer from 0, not ${state.counter}`);
    }
    return new CounterRandom([state.key[0], state.key[1]], state.counter);
  }

  float(): number {
    return this.#next53() / TWO_53;
  }

  int(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new RangeError(`int(bound) needs an integer from 1 to 2^53 - 1, not ${bound}`);
    }
    const unbiasedEnd = TWO_53 - (TWO_53 % bound);
    let value = this.#next53();
    while (value >= unbiasedEnd) value = this.#next53();
    return value % bound;
  }

  fork(label: string): CounterRandom {
    return new CounterRandom(hashLabel(this.#key, label), 0);
  }

  state(): RandomState {
    return { key: [this.#key[0], this.#key[1]], counter: this.#counter };
  }

  /** Uniform over 0 .. 2^53 − 1. */
  #next53(): number {
    const low = this.#counter >>> 0;
    const high = Math.floor(this.#counter / TWO_32);
    this.#counter += 1;
    const [a, b] = philox4x32([low, high, DOMAIN_DRAW, 0], this.#key);
    return (a >>> 5) * 2 ** 26 + (b >>> 6);
  }
}

/** A new key from a key and a text: the text is absorbed two UTF-16 units a block, its length in each block. */
function hashLabel(key: Words2, label: string): Words2 {
  let hashed = key;
  for (let i = 0; i === 0 || i < label.length; i += 2) {
    const units = (label.charCodeAt(i) || 0) * 0x10000 + (label.charCodeAt(i + 1) || 0);
    const [a, b] = philox4x32([units, i, DOMAIN_LABEL, label.length], hashed);
    hashed = [a, b];
  }
  return hashed;
}

/** One Philox4x32-10 block: 128-bit counter, 64-bit key, four unsigned 32-bit words out. */
export function philox4x32(counter: Words4, key: Words2): Words4 {
  // Signed words throughout: the engine then computes in 32-bit registers.
  let c0 = counter[0] | 0;
  let c1 = counter[1] | 0;
  let c2 = counter[2] | 0;
  let c3 = counter[3] | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The upper 32 bits of a 32 by 32 bit product, by 16-bit halves: every partial sum stays below 2^32. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}
