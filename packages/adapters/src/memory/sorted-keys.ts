/** Keys in the order of listings, so that a page costs what is on it and not what the store holds. */
import { compareKeys } from '@preheat/ports';

export class SortedKeys {
  readonly #keys: string[] = [];

  /** The key must not be there. */
  add(key: string): void {
    this.#keys.splice(this.#placeOf(key), 0, key);
  }

  /** The key must be there. */
  delete(key: string): void {
    this.#keys.splice(this.#placeOf(key), 1);
  }

  *startingWith(prefix: string): Generator<string> {
    for (let at = this.#placeOf(prefix); this.#keys[at]?.startsWith(prefix); at++) yield this.#keys[at] ?? '';
  }

  /** Of the first key that does not sort before `key`. */
  #placeOf(key: string): number {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
