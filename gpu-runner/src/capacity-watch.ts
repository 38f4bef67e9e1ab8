/**
 * Keeps a runner to what is said of capacity: while it is held, no job is taken, and one that runs goes on or is given back with a
 * checkpoint, as the hold says. A runner that cannot tell works.
 */
import type { CapacityHold } from '@preheat/contracts';
import { type CapacityHoldDependencies, CapacityHolds } from '@preheat/jobs';

/** While a job runs, and while nothing may be started. */
const LOOK_EVERY_MS = 5_000;

export class CapacityWatch {
  readonly #deps: CapacityHoldDependencies;
  readonly #holds: CapacityHolds;
  #wasHeld = false;

  constructor(deps: CapacityHoldDependencies) {
    this.#deps = deps;
    this.#holds = new CapacityHolds(deps);
  }

  async isHeld(): Promise<boolean> {
    const hold = await this.#holds.current();
    const isHeld = hold !== null;
    if (hold && !this.#wasHeld) this.#deps.log.info('no job is taken: capacity is held', fieldsOf(hold));
    if (!isHeld && this.#wasHeld) this.#deps.log.info('jobs are taken again');
    this.#wasHeld = isHeld;
    return isHeld;
  }

  /** Until it is worth asking again, or `shutdown`. */
  async pause(shutdown: AbortSignal): Promise<void> {
    await this.#deps.clock.sleep(LOOK_EVERY_MS, shutdown).catch(() => undefined);
  }

  /**
   * Does work that a hold may ask to leave.
   * @param work Gets a signal that aborts with what the hold says; nothing hurries then.
   */
  async during<T>(work: (held: AbortSignal) => Promise<T>): Promise<T> {
    const [held, ended] = [new AbortController(), new AbortController()];
    void this.#untilAsked(ended.signal).then((hold) => hold && held.abort(`no job runs: ${hold.reason}`));
    try {
      return await work(held.signal);
    } finally {
      ended.abort();
    }
  }

  /** The hold that asks jobs to be left; null once they have ended. */
  async #untilAsked(ended: AbortSignal): Promise<CapacityHold | null> {
    while (!ended.aborted) {
      await this.pause(ended);
      const hold = ended.aborted ? null : await this.#holds.current();
      if (hold?.running === 'checkpoint') return hold;
    }
    return null;
  }
}

const fieldsOf = ({ untilMs, reason }: CapacityHold) => ({
  reason,
  until: untilMs === null ? null : new Date(untilMs).toISOString(),
});
