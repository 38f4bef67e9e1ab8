/** How long a job waits after a failed attempt: what failed it may take a while to mend, and each attempt costs a start. */

const FIRST_MS = 30_000;
const LONGEST_MS = 15 * 60_000;

/** @param attempts Failed in a row, the last one included. */
export function retryDelayMs(attempts: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, attempts - 1), LONGEST_MS);
}
