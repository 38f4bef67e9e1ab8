/** How much memory this process may use. */
import { totalmem } from 'node:os';

/** Bytes; of the container, where that has less than the machine. */
export function availableMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
