/**
 * A WorkQueue that uses every freedom the port allows: it loses, repeats, delays and reorders messages, and forgets
 * deletes. A program that is right on this queue depends on none of them.
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
}

export interface FaultyQueueOptions {
  readonly random: Random;
  readonly faults: QueueFaults;
  /** Told about every fault, so that the trace of a failure shows it. */
  readonly log?: Log;
}

export class FaultyQueue<T extends JsonValue> implements WorkQueue<T> {
  readonly #inner: WorkQueue<T>;
  readonly #random: Random;
  readonly #faults: QueueFaults;
  readonly #log: Log | undefined;

  constructor(inner: WorkQueue<T>, { random, faults, log }: FaultyQueueOptions) {
    this.#inner = inner;
    this.#random = random;
    this.#faults = faults;
    this.#log = log;
  }

  async send(message: T, options: SendOptions = {}): Promise<void> {
    const isLost = this.#strikes('loss', this.#faults.loss);
    const isDoubled = this.#strikes('duplicate', this.#faults.duplicate);
    const copies = isLost ? 0 : isDoubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const askedMs = options.delayMs ?? 0;
      const extraMs = Math.min(this.#extraDelayMs(), Math.max(0, SEND_DELAY_MAX_MS - askedMs));
      await this.#inner.send(message, { delayMs: askedMs + extraMs });
    }
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    const deliveries = await this.#inner.receive(options);
    if (deliveries.length < 2 || !this.#strikes('reorder', this.#faults.reorder)) return deliveries;
    return this.#shuffled(deliveries);
  }

  extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    return this.#inner.extend(receipt, visibilityTimeoutMs);
  }

  async delete(receipt: string): Promise<void> {
    if (!this.#strikes('lostDelete', this.#faults.lostDelete)) await this.#inner.delete(receipt);
  }

  depth(): Promise<QueueDepth> {
    return this.#inner.depth();
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
