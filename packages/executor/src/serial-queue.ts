// Carries out asynchronous work in the order it was asked for: a training state is one buffer, and interleaved steps
// would mix their gradients. Shared work may overlap with other shared work, never with exclusive work.

export class SerialQueue {
  #exclusive: Promise<unknown> = Promise.resolve();
  /** Over when all shared work asked for since the last exclusive work is. */
  #shared: Promise<unknown> = Promise.resolve();
  #closed: string | undefined;
  #closing: Promise<void> | undefined;

  /** Exclusive work. Rejects with the reason once the queue is closed. A failure does not stop later work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new Error(this.#closed));
    return this.#exclude(work);
  }

  /** Work that may overlap with what is asked for by `share` before and after it. Starts in the order of the calls. */
  share<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new Error(this.#closed));
    const result = this.#exclusive.then(work);
    this.#shared = Promise.all([this.#shared, settled(result)]);
    return result;
  }

  /** Why no more work is taken. */
  get closed(): string | undefined {
    return this.#closed;
  }

  /** Lets the work already asked for finish, then runs `work` once. Later calls only wait. */
  async close(reason: string, work: () => Promise<void>): Promise<void> {
    this.#closed ??= reason;
    this.#closing ??= this.#exclude(work);
    await this.#closing;
  }

  #exclude<T>(work: () => Promise<T>): Promise<T> {
    const result = Promise.all([this.#exclusive, this.#shared]).then(work);
    this.#shared = Promise.resolve();
    this.#exclusive = settled(result);
    return result;
  }
}

/** Resolves when the work is over. Whoever asked for it holds its promise and sees the error there. */
function settled(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}
