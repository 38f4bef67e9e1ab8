/**
 * A WorkQueue in this process, on an injected clock. It delivers each message at least once and forgets everything
 * with the process, which the platform survives: the ledger is the store.
 */
import type { Clock, Delivery, JsonValue, QueueDepth, ReceiveOptions, SendOptions, WorkQueue } from '@preheat/ports';
import { checkDelay, checkReceive, checkVisibility } from '../argument-checks.js';
import { waitForChange } from '../wait-for-change.js';

interface QueuedMessage {
  readonly id: number;
  /** Kept as text: a receiver can never change the sender's object. */
  readonly json: string;
  visibleAtMs: number;
  receiveCount: number;
}

/** A reason of its own: the default one is an error, whose stack costs more than the wait. */
const CHANGED = 'the queue changed';

export class MemoryWorkQueue<T extends JsonValue> implements WorkQueue<T> {
  readonly #clock: Clock;
  readonly #messages = new Map<number, QueuedMessage>();
  /** One controller for each waiting receiver; aborting it means "look again". */
  readonly #waiters = new Set<AbortController>();
  #sentCount = 0;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  async send(message: T, options: SendOptions = {}): Promise<void> {
    const delayMs = options.delayMs ?? 0;
    checkDelay(delayMs);
    const id = this.#sentCount++;
    const visibleAtMs = this.#clock.nowMs() + delayMs;
    this.#messages.set(id, { id, json: JSON.stringify(message), visibleAtMs, receiveCount: 0 });
    this.#wakeReceivers();
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    checkReceive(options);
    const deadlineMs = this.#clock.nowMs() + options.waitMs;
    for (;;) {
      if (options.signal?.aborted) return [];
      const deliveries = this.#take(options.maxMessages, options.visibilityTimeoutMs);
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (deliveries.length > 0 || leftMs <= 0) return deliveries;
      await this.#waitForMessage(leftMs, options.signal);
    }
  }

  async extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    checkVisibility(visibilityTimeoutMs);
    const message = this.#current(receipt);
    if (message === undefined || message.visibleAtMs <= this.#clock.nowMs()) return;
    message.visibleAtMs = this.#clock.nowMs() + visibilityTimeoutMs;
    this.#wakeReceivers();
  }

  async delete(receipt: string): Promise<void> {
    const message = this.#current(receipt);
    if (message !== undefined) this.#messages.delete(message.id);
  }

  async depth(): Promise<QueueDepth> {
    const depth = { visible: 0, inFlight: 0, delayed: 0 };
    for (const message of this.#messages.values()) {
      if (message.visibleAtMs <= this.#clock.nowMs()) depth.visible += 1;
      else if (message.receiveCount > 0) depth.inFlight += 1;
      else depth.delayed += 1;
    }
    return depth;
  }

  #take(maxMessages: number, visibilityTimeoutMs: number): Delivery<T>[] {
    const nowMs = this.#clock.nowMs();
    const visible = [...this.#messages.values()].filter((message) => message.visibleAtMs <= nowMs);
    return visible.slice(0, maxMessages).map((message) => {
      message.visibleAtMs = nowMs + visibilityTimeoutMs;
      message.receiveCount += 1;
      const receipt = receiptOf(message);
      return { message: JSON.parse(message.json) as T, receipt, receiveCount: message.receiveCount };
    });
  }

  /** Until a change, the next message to become visible, the end of the wait, or the caller's signal. */
  async #waitForMessage(leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const waiter = new AbortController();
    this.#waiters.add(waiter);
    const nextVisibleMs = Math.min(...[...this.#messages.values()].map((message) => message.visibleAtMs));
    const waitMs = Math.min(leftMs, nextVisibleMs - this.#clock.nowMs());
    const wake = signal === undefined ? waiter.signal : AbortSignal.any([waiter.signal, signal]);
    await waitForChange(this.#clock, waitMs, wake);
    this.#waiters.delete(waiter);
  }

  #wakeReceivers(): void {
    for (const waiter of this.#waiters) waiter.abort(CHANGED);
  }

  /** The message of a receipt from its latest delivery; older receipts find nothing. */
  #current(receipt: string): QueuedMessage | undefined {
    const message = this.#messages.get(Number(receipt.split('.')[0]));
    return message !== undefined && receiptOf(message) === receipt ? message : undefined;
  }
}

function receiptOf(message: QueuedMessage): string {
  return `${message.id}.${message.receiveCount}`;
}
