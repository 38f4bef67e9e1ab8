/**
 * Starts pieces of work in order without waiting for each other, so that an executor may compute several at once. How
 * many are under way is bounded, which bounds the memory of their inputs; after a failure no more are started.
 */

/** More than an executor computes at once, so that it never waits for the next one. */
const MAX_UNDER_WAY = 32;

/** Results in order. Nothing is under way when this settles; rejects with the first failure in order. */
export async function overlap<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const started: Promise<R>[] = [];
  let hasFailed = false;
  for (const item of items) {
    await settled(started.at(-MAX_UNDER_WAY));
    // Work begins with building programs: other tasks of this thread take their turn in between.
    await new Promise((resolve) => setImmediate(resolve));
    if (hasFailed) break;
    const result = Promise.resolve(item).then(work);
    result.catch(() => (hasFailed = true));
    started.push(result);
  }
  await Promise.allSettled(started);
  return Promise.all(started);
}

async function settled(work: Promise<unknown> | undefined): Promise<void> {
  await Promise.allSettled(work ? [work] : []);
}
