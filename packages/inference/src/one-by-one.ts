/** Lets pieces of work run one at a time, in the order they were asked for: each is spread over all that there is by itself. */
export class OneByOne {
  #last: Promise<void> = Promise.resolve();

  /**
   * What failed before is of no account to what comes next.
   * @param signal Rejects with its reason while others are before it; what has begun is to look at it itself.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last;
    const { promise, resolve } = deferred();
    this.#last = promise;
    try {
      await unlessAborted(turn, signal);
      return await work();
    } finally {
      // Of one that gave up, the turn is over when those before it are.
      void turn.then(resolve);
    }
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function unlessAborted(turn: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
  try {
    await Promise.race([turn, aborted]);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
