/**
 * What a scheduling policy is: a pure function from what is known of a pool, what just happened and what was learned, to what
 * to do and what was learned now. Production and the simulator call the same functions; only who carries out the actions
 * differs. Every action may be lost, doubled or carried out late: that costs runner time or waiting, never a wrong result,
 * because who runs a job is decided by its lease alone.
 */

/** One runner as its lease document shows it. */
export interface Lease {
  readonly id: number;
  readonly state: 'starting' | 'loading' | 'busy' | 'idle';
  /** Model in its memory, or the one it is loading; null when it has none. */
  readonly model: string | null;
  /** When it should be free; the time of its release when it is idle. */
  readonly freeAtMs: number;
}

/** What the platform decides by: a second that a user waits is worth nine of a runner. Interactive use; 1 would suit batches. */
export const INTERACTIVE_PRICES: Prices = { runner: 1, waiting: 9 };
/** Where a deployment says nothing else: booting a GPU machine and pulling the image. */
export const ASSUMED_BOOT_MS = 180_000;

export interface Prices {
  /** Of a millisecond of a runner that does not work, in runner-milliseconds. */
  readonly runner: number;
  /** Of a millisecond that a user waits, in runner-milliseconds (λ). */
  readonly waiting: number;
}

/** A pool: runners of one class that may serve each other's jobs. */
export interface PoolView {
  readonly nowMs: number;
  readonly prices: Prices;
  readonly leases: readonly Lease[];
  /** Jobs that wait in this pool's queues. */
  readonly queued: number;
  /** Sum of the expected run times of queued and running jobs. */
  readonly backlogMs: number;
  /** From waking a runner until it polls. */
  readonly bootMs: number;
  /** From claiming a job until its model is in memory, when it was not. */
  readonly loadMs: number;
  /** Priority of the last runner that was evicted for want of room (Greedy-Dual's clock). */
  readonly evictedPriority: number;
}

export type PolicyEvent =
  /** A job came: the submit function asks where to send it and whom to wake. */
  | { readonly type: 'submitted'; readonly model: string; readonly estimateMs: number }
  /** A runner ended a job and found no other. */
  | { readonly type: 'released'; readonly model: string }
  /** Time passed (autoscalers). */
  | { readonly type: 'tick' };

export type Action =
  /** Offer the job to other models' runners only after this time; runners that hold its model see it at once. */
  | { readonly type: 'offer'; readonly afterMs: number }
  | { readonly type: 'wake' }
  /** The released runner stays this long without work. The lowest priority leaves first when runners are short. */
  | { readonly type: 'linger'; readonly forMs: number; readonly priority?: number }
  /** Start a runner so that it is ready after this time, and let it stay for that long without work. */
  | { readonly type: 'warm'; readonly afterMs: number; readonly forMs: number }
  /** As many runners as this, busy ones included. */
  | { readonly type: 'scale'; readonly to: number };

/** What was learned of a key (class and base model), and of its class by all keys together. */
export interface Memory<M> {
  readonly own: M;
  readonly pooled: M;
  /** What other writers learned of the same key, merged; they may be minutes old or missing. */
  readonly others?: M;
  /** The same of the class. */
  readonly pooledOthers?: M;
}

export interface Decision<M> {
  readonly actions: readonly Action[];
  readonly own: M;
  readonly pooled: M;
}

export interface Policy<M> {
  readonly name: string;
  /** What is known of a key before anything was seen. */
  readonly nothing: M;
  /** How often `tick` is wanted while the pool has runners or jobs; undefined for never. */
  readonly tickMs?: number;
  decide(view: PoolView, event: PolicyEvent, memory: Memory<M>): Decision<M>;
}

/** What a start that was avoidable costs: the runner's time and the user's. */
export function missCost({ bootMs, loadMs, prices }: Pick<PoolView, 'bootMs' | 'loadMs' | 'prices'>): number {
  return (bootMs + loadMs) * (prices.runner + prices.waiting);
}

/**
 * For how long a wait is not worth another runner: a woken one costs its boot, a job that waits costs its user's time, and no wait
 * beyond the boot itself is worth it.
 */
export function worthOfBootMs({ bootMs, prices }: Pick<PoolView, 'bootMs' | 'prices'>): number {
  return bootMs * Math.min(1, prices.runner / prices.waiting);
}
