// Carries out asynchronous work one piece at a time, in the order it was asked for: a training state is one buffer, and
// interleaved steps would mix their gradients.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closed: string | undefined;

  /** Rejects with the reason once the queue is closed. A failure does not stop later work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new Error(this.#closed));
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      // The caller holds `result` and sees the error there.
      () => undefined,
    );
    return result;
  }

  /** Lets the work already asked for finish, then runs `work` once. Later calls only wait. */
  async close(reason: string, work: () => Promise<void>): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = reason;
      this.#last = this.#last.then(work);
    }
    await this.#last;
  }
}
