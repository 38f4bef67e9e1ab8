/** Whitening: centres the advantages of a whole batch and divides them by their standard deviation, token by token. */

/** Keeps the quotient finite where all advantages are the same. */
const VARIANCE_EPSILON = 1e-8;

/**
 * New arrays with mean 0 and (sample) variance 1 over the entries where `masks` is 1, and 0 elsewhere. With fewer than two
 * such entries nothing is changed: they have no spread to divide by.
 */
export function whiten(advantages: readonly Float32Array[], masks: readonly Uint8Array[]): Float32Array[] {
  const counted = advantages.flatMap((row, i) => [...row].filter((_, t) => masks[i]?.[t] === 1));
  if (counted.length < 2) return advantages.map((row) => row.slice());
  const mean = counted.reduce((sum, x) => sum + x, 0) / counted.length;
  const variance = counted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (counted.length - 1);
  const scale = 1 / Math.sqrt(variance + VARIANCE_EPSILON);
  return advantages.map((row, i) => row.map((x, t) => (masks[i]?.[t] === 1 ? (x - mean) * scale : 0)));
}
