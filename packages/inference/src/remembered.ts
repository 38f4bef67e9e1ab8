/** What is read once and never changes, by its key. The oldest are forgotten, and so is what could not be read. */
export class Remembered<T> {
  readonly #most: number;
  readonly #values = new Map<string, Promise<T>>();

  /** @param most Values that are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws what `read` throws, to everyone who waited for it; the next call reads again. */
  async get(key: string, read: () => Promise<T>): Promise<T> {
    const value = this.#values.get(key) ?? read();
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
    try {
      return await value;
    } catch (error) {
      this.#values.delete(key);
      throw error;
    }
  }
}
