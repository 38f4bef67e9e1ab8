/** Clock: the only source of time for libraries, so that a test or a simulation can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;

  /**
   * Resolves after `ms` milliseconds; 0 or less resolves on a later turn of the event loop.
   * Rejects with `signal.reason` when the signal aborts, before or during the wait.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
