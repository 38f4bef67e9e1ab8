// While the average stands in for the parameters nothing may train: an update would move the wrong numbers.

export class AverageTurn {
  #isOn = false;

  /** `exchange` puts the average in the place of the parameters and them in its place; called twice it undoes itself. */
  async run<T>(exchange: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    this.assertOver('withAverage');
    this.#isOn = true;
    try {
      await exchange();
      try {
        return await work();
      } finally {
        await exchange();
      }
    } finally {
      this.#isOn = false;
    }
  }

  /** Throws while the average stands in. */
  assertOver(what: string): void {
    if (this.#isOn) throw new Error(`${what}: the average stands in for the parameters until withAverage is over`);
  }
}
