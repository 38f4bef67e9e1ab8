/**
 * A WorkQueue in a directory, safe between processes of one machine. A message is one file whose name is its state:
 *
 *   <visible at, ms>.<receive count>.<id>.json
 *
 * Every change of state is one rename, which exactly one of several racing processes wins; a process killed between
 * two steps leaves a message that becomes visible again. Receivers look again at short intervals rather than watch
 * the directory: it behaves the same on every system, and a look costs one small readdir.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Delivery, JsonValue, QueueDepth, ReceiveOptions, SendOptions, WorkQueue } from '@preheat/ports';
import { checkDelay, checkReceive, checkVisibility } from '../argument-checks.js';
import { waitForChange } from '../wait-for-change.js';
import { SharedDirectory, unlessMissing } from './shared-directory.js';

/** Longest time between a message becoming visible and a waiting receiver seeing it. */
const LOOK_INTERVAL_MS = 50;
/** How long what one look found is worked through before the next: of thousands of messages, a look finds thousands. */
const LOOK_LASTS_MS = 1_000;

const MAX_HELD = 10_000;

interface MessageState {
  readonly visibleAtMs: number;
  readonly receiveCount: number;
  readonly id: string;
}

export class FilesystemWorkQueue<T extends JsonValue> implements WorkQueue<T> {
  readonly #shared: SharedDirectory;
  readonly #clock: Clock;
  readonly #messages: string;
  /** Where the messages that this process received are now, by receipt. */
  readonly #held = new Map<string, MessageState>();
  #look: { readonly atMs: number; readonly left: MessageState[] } = { atMs: 0, left: [] };

  private constructor(shared: SharedDirectory, clock: Clock) {
    this.#shared = shared;
    this.#clock = clock;
    this.#messages = join(shared.root, 'messages');
  }

  /** `root` belongs to this queue alone and is created if need be. All processes must agree on the time. */
  static async open<T extends JsonValue>(root: string, options: { clock: Clock }): Promise<FilesystemWorkQueue<T>> {
    const queue = new FilesystemWorkQueue<T>(await SharedDirectory.open(root), options.clock);
    await mkdir(queue.#messages, { recursive: true });
    return queue;
  }

  /** Removes this process's own files. The messages stay. */
  close(): Promise<void> {
    return this.#shared.close();
  }

  async send(message: T, options: SendOptions = {}): Promise<void> {
    const delayMs = options.delayMs ?? 0;
    checkDelay(delayMs);
    const temporary = await this.#shared.writeTemporary([Buffer.from(JSON.stringify(message))]);
    const visibleAtMs = Math.ceil(this.#clock.nowMs() + delayMs);
    await this.#shared.publish(temporary, this.#path({ visibleAtMs, receiveCount: 0, id: randomUUID() }));
  }

  async receive(options: ReceiveOptions): Promise<Delivery<T>[]> {
    checkReceive(options);
    const deadlineMs = this.#clock.nowMs() + options.waitMs;
    for (;;) {
      if (options.signal?.aborted) return [];
      const deliveries = await this.#take(options.maxMessages, options.visibilityTimeoutMs);
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (deliveries.length > 0 || leftMs <= 0) return deliveries;
      await waitForChange(this.#clock, Math.min(leftMs, LOOK_INTERVAL_MS), options.signal);
    }
  }

  async extend(receipt: string, visibilityTimeoutMs: number): Promise<void> {
    checkVisibility(visibilityTimeoutMs);
    const current = await this.#find(receipt);
    if (current === undefined || current.visibleAtMs <= this.#clock.nowMs()) return;
    const longer = { ...current, visibleAtMs: Math.ceil(this.#clock.nowMs() + visibilityTimeoutMs) };
    if (await this.#move(current, longer)) this.#held.set(receipt, longer);
  }

  async delete(receipt: string): Promise<void> {
    const current = await this.#find(receipt);
    this.#held.delete(receipt);
    if (current !== undefined) await rm(this.#path(current), { force: true });
  }

  async depth(): Promise<QueueDepth> {
    const depth = { visible: 0, inFlight: 0, delayed: 0 };
    for (const state of await this.#states()) {
      if (state.visibleAtMs <= this.#clock.nowMs()) depth.visible += 1;
      else if (state.receiveCount > 0) depth.inFlight += 1;
      else depth.delayed += 1;
    }
    return depth;
  }

  async #take(maxMessages: number, visibilityTimeoutMs: number): Promise<Delivery<T>[]> {
    const deliveries: Delivery<T>[] = [];
    while (deliveries.length < maxMessages) {
      const state = await this.#nextVisible();
      if (state === undefined) break;
      const visibleAtMs = Math.ceil(this.#clock.nowMs() + visibilityTimeoutMs);
      const taken = { ...state, visibleAtMs, receiveCount: state.receiveCount + 1 };
      const message = (await this.#move(state, taken)) ? await this.#read(taken) : undefined;
      if (message === undefined) continue;
      this.#hold(receiptOf(taken), taken);
      deliveries.push({ message, receipt: receiptOf(taken), receiveCount: taken.receiveCount });
    }
    return deliveries;
  }

  /** What the last look found and nobody tried yet, while it is fresh; who was faster elsewhere is noticed at the rename. */
  async #nextVisible(): Promise<MessageState | undefined> {
    const nowMs = this.#clock.nowMs();
    const isFresh = nowMs >= this.#look.atMs && nowMs - this.#look.atMs < LOOK_LASTS_MS;
    if (!isFresh || this.#look.left.length === 0) {
      const visible = (await this.#states()).filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
      this.#look = { atMs: nowMs, left: visible.reverse() };
    }
    return this.#look.left.pop();
  }

  /** Receipts that were let expire are forgotten, the oldest first: they cost a look then. */
  #hold(receipt: string, state: MessageState): void {
    this.#held.set(receipt, state);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
  }

  /** False when another process changed the message first. */
  async #move(from: MessageState, to: MessageState): Promise<boolean> {
    const moved = await unlessMissing(rename(this.#path(from), this.#path(to)).then(() => true));
    return moved ?? false;
  }

  /** Undefined when the message was taken away meanwhile (its visibility timeout was very short). */
  async #read(state: MessageState): Promise<T | undefined> {
    const json = await unlessMissing(readFile(this.#path(state), 'utf8'));
    return json === undefined ? undefined : (JSON.parse(json) as T);
  }

  /** All messages, the longest visible first. */
  async #states(): Promise<MessageState[]> {
    const states = (await readdir(this.#messages)).map(parseName);
    return states.sort((a, b) => a.visibleAtMs - b.visibleAtMs);
  }

  /** The message of a receipt from its latest delivery; older receipts find nothing. */
  async #find(receipt: string): Promise<MessageState | undefined> {
    const held = this.#held.get(receipt);
    if (held !== undefined && (await unlessMissing(stat(this.#path(held)))) !== undefined) return held;
    return (await this.#states()).find((state) => receiptOf(state) === receipt);
  }

  #path({ visibleAtMs, receiveCount, id }: MessageState): string {
    return join(this.#messages, `${visibleAtMs}.${receiveCount}.${id}.json`);
  }
}

function parseName(name: string): MessageState {
  const [visibleAtMs, receiveCount, id] = name.split('.');
  if (id === undefined) throw new Error(`Unexpected file ${JSON.stringify(name)} among the messages of a queue`);
  return { visibleAtMs: Number(visibleAtMs), receiveCount: Number(receiveCount), id };
}

function receiptOf({ id, receiveCount }: MessageState): string {
  return `${id}.${receiveCount}`;
}
