/**
 * A WorkQueue that uses every freedom the port allows: it loses, repeats, delays and reorders messages, forgets deletes,
 * honours receipts from before a redelivery, and is out of reach at times. A program that is right on this queue depends
 * on none of them.
 */
import { SEND_DELAY_MAX_MS } from '@preheat/ports';
import type {
  Delivery,
  JsonValue,
  Log,
  QueueDepth,
  Random,
  ReceiveOptions,
  SendOptions,
  WorkQueue,
} from '@preheat/ports';

/** Probabilities for one call; all 0 unless given. */
export interface QueueFaults {
  /** A sent message never arrives. */
  readonly loss?: number;
  /** A sent message arrives twice, the copies delayed independently. */
  readonly duplicate?: number;
  /** A sent message is delayed by up to `delayMaxMs` more than asked, which also reorders messages. */
  readonly delay?: number;
  readonly delayMaxMs?: number;
  /** The deliveries of one receive come shuffled. */
  readonly reorder?: number;
  /** A delete is forgotten: the message comes again after its visibility timeout. */
  readonly lostDelete?: number;
  /** A receipt from before a redelivery still deletes or hides the message, as SQS may do. */
  readonly lastingReceipt?: number;
  /** A call fails with QueueUnavailableError and does nothing. */
  readonly unavailable?: number;
}

export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
}

export interface FaultyQueueOptions {
  readonly random: Random;
  readonly faults: QueueFaults;
  /** Told about every fault, so that the trace of a failure shows it. */
  readonly log?: Log;
}

/** Tells the deliveries of one message apart from those of its copies. */
interface Envelope<T> {
  readonly copy: number;
  readonly message: T;
}

export class FaultyQueue<T extends JsonValue> implements WorkQueue<T> {
  readonly #inner: WorkQueue<JsonValue>;
  readonly #random: Random;
  readonly #log: Log | undefined;
  readonly #copyOf = new Map<string, number>();
  readonly #latestReceipt = new Map<number, string>();
  #faults: QueueFaults;
  #copies = 0;

  constructor(inner: WorkQueue<JsonValue>, { random, faults, log }: FaultyQueueOptions) {
    this.#inner = inner;
    this.#random = random;
    this.#faults = faults;
    this.#log = log;
  }

  /** No fault strikes any more. */
  heal(): void {
    this.#faults = {};
  }

  async send(message: T, options: SendOptions = {}): Promise<void> {
    this.#reach('send');
    const isLost = this.#strikes('loss', this.#faults.loss);
    const isDoubled = this.#strikes('duplicate', this.#faults.duplicate);
    const copies = isLost ? 0 : isDoubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const askedMs = options.delayMs ?? 0;
      const extraMs = Math.min(this.#extraDelayMs(), Math.max(0, SEND_DELAY_MAX_MS - askedMs));
      await this.#inner.send({ copy: this.#copies++, message }, { delayMs: askedMs + extraMs });
    }
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    this.#reach('receive');
    const received = await this.#inner.receive(options);
    const deliveries = received.map((delivery) => {
      const { copy, message } = delivery.message as unknown as Envelope<T>;
      this.#copyOf.set(delivery.receipt, copy);
      this.#latestReceipt.set(copy, delivery.receipt);
      return { ...delivery, message };
    });
    if (deliveries.length < 2 || !this.#strikes('reorder', this.#faults.reorder)) return deliveries;
    return this.#shuffled(deliveries);
  }

  async extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    this.#reach('extend');
    await this.#inner.extend(this.#honoured(receipt), visibilityTimeoutMs);
  }

  async delete(receipt: string): Promise<void> {
    this.#reach('delete');
    const honoured = this.#honoured(receipt);
    if (!this.#strikes('lostDelete', this.#faults.lostDelete)) await this.#inner.delete(honoured);
  }

  depth(): Promise<QueueDepth> {
    return this.#inner.depth();
  }

  /** The receipt as the inner queue will see it: the latest one of the message where old ones still count. */
  #honoured(receipt: string): string {
    const copy = this.#copyOf.get(receipt);
    const latest = copy === undefined ? undefined : this.#latestReceipt.get(copy);
    if (latest === undefined || latest === receipt) return receipt;
    return this.#strikes('lastingReceipt', this.#faults.lastingReceipt) ? latest : receipt;
  }

  #reach(call: string): void {
    if (this.#strikes('unavailable', this.#faults.unavailable)) {
      throw new QueueUnavailableError(`${call}: the queue did not answer`);
    }
  }

  #extraDelayMs(): number {
    return this.#strikes('delay', this.#faults.delay) ? this.#random.int((this.#faults.delayMaxMs ?? 10_000) + 1) : 0;
  }

  /** Fisher and Yates. */
  #shuffled(deliveries: Delivery<T>[]): Delivery<T>[] {
    const shuffled = [...deliveries];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const [picked] = shuffled.splice(this.#random.int(last + 1), 1);
      if (picked !== undefined) shuffled.push(picked);
    }
    return shuffled;
  }

  #strikes(fault: keyof QueueFaults, rate = 0): boolean {
    const strikes = this.#random.float() < rate;
    if (strikes) this.#log?.debug(`fault: ${fault}`);
    return strikes;
  }
}
