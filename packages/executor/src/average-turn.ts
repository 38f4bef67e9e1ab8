/**
 * While the average stands in for the parameters nothing may train: an update would move the wrong numbers. An exchange that
 * fails leaves it unknown which of the two is where, so nothing may be done then but to load a snapshot or dispose.
 */
export class AverageTurn {
  #state: 'over' | 'on' | 'stuck' = 'over';

  /**
   * `exchange` puts the average in the place of the parameters and them in its place; called twice it undoes itself. Rejects with
   * what failed, of both with an AggregateError.
   */
  async run<T>(exchange: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    this.assertOver('withAverage');
    this.#state = 'on';
    await this.#attempt(exchange);
    const [done] = await Promise.allSettled([Promise.resolve().then(work)]);
    if (done.status === 'fulfilled') {
      await this.#attempt(exchange);
      this.#state = 'over';
      return done.value;
    }
    await this.#attempt(exchange).catch((error: unknown) => {
      throw new AggregateError([done.reason, error], `${told(done.reason)}; after it, ${told(error)}`);
    });
    this.#state = 'over';
    throw done.reason;
  }

  /** Throws while the average stands in, and where it may. */
  assertOver(what: string): void {
    this.assertKnown(what);
    this.assertLoadable(what);
  }

  /** Throws while the average stands in and is to give way. */
  assertLoadable(what: string): void {
    if (this.#state !== 'on') return;
    throw new Error(`${what}: the average stands in for the parameters until withAverage is over`);
  }

  /** Throws where it is not known whether the average stands in. */
  assertKnown(what: string): void {
    if (this.#state !== 'stuck') return;
    throw new Error(`${what}: the average could not be exchanged with the parameters; load a snapshot or dispose`);
  }

  /** Parameters and average were replaced as a whole. */
  loaded(): void {
    if (this.#state === 'stuck') this.#state = 'over';
  }

  async #attempt(exchange: () => Promise<void>): Promise<void> {
    try {
      await exchange();
    } catch (error) {
      this.#state = 'stuck';
      throw error;
    }
  }
}

const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));
