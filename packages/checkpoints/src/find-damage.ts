/** Reads a whole bundle to say whether it is what was written: for whoever met an error that damage would explain. */
import type { ObjectStore } from '@preheat/ports';
import { BundleError } from './bundle-error.js';
import { openBundle } from './open-bundle.js';

/** The first damage of the bundles; null when all are intact. Errors of the store itself pass through. */
export async function findDamage(store: ObjectStore, prefixes: readonly string[]): Promise<BundleError | null> {
  try {
    for (const prefix of prefixes) {
      const bundle = await openBundle(store, prefix);
      for (const name of bundle.names) for await (const _ of bundle.stream(name));
    }
    return null;
  } catch (error) {
    if (error instanceof BundleError) return error;
    throw error;
  }
}
