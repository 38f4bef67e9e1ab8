/** What a runner may hold of models beside its job. Runners keep to it, and preflight counts on it. */

const SHARE_OF_MEMORY = 1 / 8;
const MOST_BYTES = 1024 ** 3;

/** Bytes of weights that a runner keeps for later jobs; and again as many for judges. @param memoryBytes Of its machine. */
export const keptModelBytes = (memoryBytes: number): number =>
  Math.floor(Math.min(MOST_BYTES, memoryBytes * SHARE_OF_MEMORY));
