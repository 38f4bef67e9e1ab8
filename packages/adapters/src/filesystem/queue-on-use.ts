/**
 * A queue that is opened with its first use. Opening one takes a place among the processes that write its directory, which a
 * function that never rings would pay for at every start.
 */
import type { Delivery, JsonValue, QueueDepth, ReceiveOptions, SendOptions, WorkQueue } from '@preheat/ports';

interface ClosableQueue<T extends JsonValue> extends WorkQueue<T> {
  close(): Promise<void>;
}

export class QueueOnUse<T extends JsonValue> implements ClosableQueue<T> {
  readonly #open: () => Promise<ClosableQueue<T>>;
  #opened: Promise<ClosableQueue<T>> | undefined;

  constructor(open: () => Promise<ClosableQueue<T>>) {
    this.#open = open;
  }

  async send(message: T, options?: SendOptions): Promise<void> {
    await (await this.#queue()).send(message, options);
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    return (await this.#queue()).receive(options);
  }

  async extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    await (await this.#queue()).extend(receipt, visibilityTimeoutMs);
  }

  async delete(receipt: string): Promise<void> {
    await (await this.#queue()).delete(receipt);
  }

  async depth(): Promise<QueueDepth> {
    return (await this.#queue()).depth();
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  /** A queue that did not open is tried again. */
  #queue(): Promise<ClosableQueue<T>> {
    if (this.#opened) return this.#opened;
    const opening = this.#open();
    this.#opened = opening;
    opening.catch(() => (this.#opened = undefined));
    return opening;
  }
}
