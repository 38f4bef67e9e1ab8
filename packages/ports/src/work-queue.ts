/**
 * WorkQueue: a doorbell, never a ledger. A message may come twice, late, out of order or not at all, and a receipt
 * proves nothing about who owns the work: ownership is decided by a conditional write in the ObjectStore. Losing
 * every message only costs time, because a sweeper rings again from the ledger.
 */

/** What survives a round trip through JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Most messages one `receive` returns (the SQS limit). */
export const RECEIVE_MESSAGES_MAX = 10;
/** Longest wait of one `receive` (the SQS limit). */
export const RECEIVE_WAIT_MAX_MS = 20_000;
/** Longest delay of a message (the SQS limit). */
export const SEND_DELAY_MAX_MS = 900_000;
/** Longest time a message can stay hidden (the SQS limit). */
export const VISIBILITY_TIMEOUT_MAX_MS = 12 * 3_600_000;

export interface SendOptions {
  /** Hide the message for this long; at most SEND_DELAY_MAX_MS. Backends may round up to whole seconds. */
  readonly delayMs?: number;
}

export interface ReceiveOptions {
  /** 1 to RECEIVE_MESSAGES_MAX. */
  readonly maxMessages: number;
  /** How long to wait for a first message, at most RECEIVE_WAIT_MAX_MS; 0 returns at once. Rounded up as delays are. */
  readonly waitMs: number;
  /** How long the messages stay hidden from other receivers, at most VISIBILITY_TIMEOUT_MAX_MS. Rounded up. */
  readonly visibilityTimeoutMs: number;
  /** Ends the wait early; `receive` then resolves with an empty list. */
  readonly signal?: AbortSignal;
}

export interface Delivery<T> {
  readonly message: T;
  /** Names this delivery, not the message: a redelivered message has another receipt. Opaque. */
  readonly receipt: string;
  /** 1 for the first delivery. Approximate on SQS. */
  readonly receiveCount: number;
}

export interface QueueDepth {
  /** Messages a receiver could get now. All three are approximate on SQS. */
  readonly visible: number;
  /** Received, not deleted, still hidden. */
  readonly inFlight: number;
  /** Sent with a delay that has not passed. */
  readonly delayed: number;
}

/** All methods throw `RangeError` for a number outside the limits above. */
export interface WorkQueue<T extends JsonValue> {
  send(message: T, options?: SendOptions): Promise<void>;

  /** Up to `maxMessages` deliveries, in no promised order; empty when the wait passed without one. */
  receive(options: ReceiveOptions): Promise<Delivery<T>[]>;

  /**
   * Hide the message for `visibilityTimeoutMs` from now; 0 makes it visible at once (a polite release).
   * Best effort: a receipt that is no longer current is ignored, because a doorbell cannot say who owns the work.
   */
  extend(receipt: string, visibilityTimeoutMs: number): Promise<void>;

  /** Remove the message for good. Best effort in the same way: a stale receipt is ignored. */
  delete(receipt: string): Promise<void>;

  depth(): Promise<QueueDepth>;
}
