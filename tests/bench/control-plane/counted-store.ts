/** Counts what a process asks of its store. Put onto the store itself, so that every part that holds it is counted. */
import type { ObjectStore } from '@preheat/ports';

export const COUNTED = ['put', 'get', 'head', 'list', 'delete', 'getStream', 'putStream'] as const;
export type Counts = Record<(typeof COUNTED)[number], number>;

/** Returns the counts so far, and keeps counting. */
export function countOperations(store: ObjectStore): () => Counts {
  const counts = Object.fromEntries(COUNTED.map((name) => [name, 0])) as Counts;
  for (const name of COUNTED) {
    const operation = store[name].bind(store) as (...args: unknown[]) => unknown;
    const counted = (...args: unknown[]): unknown => {
      counts[name]++;
      return operation(...args);
    };
    Object.defineProperty(store, name, { value: counted });
  }
  return () => ({ ...counts });
}
