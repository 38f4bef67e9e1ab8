/**
 * Memory for the keys and values of rows under way, of all lanes of all decoders that are given the same budget. Each may use what the
 * others do not hold, and an equal share whatever they hold: those above theirs then set rows back, so the sum is exceeded for no
 * longer than until their next look, and by no more than that share. Beyond it there is only one row a lane: it goes on in any case.
 */
export class CacheBudget {
  readonly bytes: number;
  readonly #held = new Map<object, number>();

  constructor(bytes: number) {
    if (!(bytes > 0)) throw new RangeError(`bytes must be above 0, got ${bytes}`);
    this.bytes = bytes;
  }

  /** What `holder` holds from now on. */
  hold(holder: object, bytes: number): void {
    if (bytes > 0) this.#held.set(holder, bytes);
    else this.#held.delete(holder);
  }

  /** What `holder` may hold. */
  roomOf(holder: object): number {
    const others = [...this.#held].flatMap(([each, bytes]) => (each === holder ? [] : [bytes]));
    const held = others.reduce((sum, bytes) => sum + bytes, 0);
    return Math.max(this.bytes - held, this.bytes / (1 + others.length));
  }
}
