/** Several streams as one: items as they come, each stream's in its order, and none waits for another. */

/** @param leave Ends the sources that are still at work, once nobody takes items any more. */
export async function* merged<T>(sources: readonly AsyncGenerator<T>[], leave: () => void): AsyncGenerator<T> {
  const arrivals = new Arrivals<{ source: AsyncGenerator<T>; item: IteratorResult<T> }>();
  const ask = (source: AsyncGenerator<T>) => arrivals.expect(source.next().then((item) => ({ source, item })));
  for (const source of sources) ask(source);
  try {
    for (let atWork = sources.length; atWork > 0; ) {
      const { source, item } = await arrivals.next();
      if (item.done) {
        atWork--;
        continue;
      }
      ask(source);
      yield item.value;
    }
  } finally {
    leave();
    await arrivals.settled();
  }
}

/**
 * What is expected, in the order in which it comes. Each promise is listened to once: a race over all of them would leave a
 * reaction for every item on each that is slow, which grows with items times sources.
 */
class Arrivals<T> {
  readonly #expected = new Set<Promise<T>>();
  readonly #arrived: Promise<T>[] = [];
  #wake = (): void => undefined;

  expect(coming: Promise<T>): void {
    this.#expected.add(coming);
    const arrive = (): void => {
      this.#expected.delete(coming);
      this.#arrived.push(coming);
      this.#wake();
    };
    coming.then(arrive, arrive);
  }

  /** The earliest that was not taken yet; rejects as it did. For one caller at a time. */
  async next(): Promise<T> {
    if (this.#arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const next = this.#arrived.shift();
    if (!next) throw new RangeError('woken without an arrival');
    return next;
  }

  /** When nothing is expected any more, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#expected);
  }
}
