/**
 * A job's events as they happen, oldest first, each exactly once. It listens to the server's event stream, resumes it by
 * `Last-Event-ID` when it breaks, and lists instead where the server (or a proxy) answers with JSON. The end is decided by
 * the job's state, read before the last listing: a job that has ended gets no more events, so nothing can be missed.
 */
import type { FineTuningJobEvent } from './generated/wire.js';
import { Outage } from './outage.js';
import { serverSentMessages } from './server-sent-events.js';

export interface EventSource {
  /** Asks for the stream; the answer may be a JSON page where streams are not served. */
  readonly open: (lastEventId: string | undefined) => Promise<Response>;
  /** Every event, newest first, fetched as it is walked. */
  readonly newestFirst: () => AsyncIterable<FineTuningJobEvent>;
  readonly hasEnded: () => Promise<boolean>;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
}

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  readonly pollIntervalMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxOutageMs?: number;
}

const DEFAULT_POLL_INTERVAL_MS = 1_000;
/** The server sends something every fifteen seconds; a connection that is silent for longer is dead, whatever the system says. */
const DEFAULT_IDLE_TIMEOUT_MS = 60_000;
/** A stream that held for so long had something sent on it. */
const HELD_MS = 20_000;

export async function* followEvents(source: EventSource, options: FollowOptions): AsyncGenerator<FineTuningJobEvent> {
  const outage = new Outage(source.nowMs, options.maxOutageMs);
  const follower = new Follower(source, outage, options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS);
  for (;;) {
    try {
      yield* follower.streamed();
      const ended = await source.hasEnded();
      yield* follower.listed();
      if (ended) return;
      outage.answered();
    } catch (error) {
      options.signal?.throwIfAborted();
      outage.failed(error);
    }
    await source.sleep(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS, options.signal);
  }
}

class Follower {
  readonly #source: EventSource;
  readonly #outage: Outage;
  readonly #seen = new Set<string>();
  #lastEventId: string | undefined;
  readonly #idleTimeoutMs: number;
  #streams = true;

  constructor(source: EventSource, outage: Outage, idleTimeoutMs: number) {
    this.#source = source;
    this.#outage = outage;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** New events of the stream until it closes; none once the server has shown that it does not stream. */
  async *streamed(): AsyncGenerator<FineTuningJobEvent> {
    if (!this.#streams) return;
    const response = await this.#source.open(this.#lastEventId);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      this.#streams = false;
      await response.body?.cancel();
      return;
    }
    const openedAtMs = this.#source.nowMs();
    try {
      for await (const message of serverSentMessages(response, this.#idleTimeoutMs)) {
        const event = eventOf(message.data);
        if (event === undefined) continue;
        if (message.id !== '') this.#lastEventId = message.id;
        if (!this.#isNew(event)) continue;
        this.#outage.answered();
        yield event;
      }
    } catch (error) {
      // It may have been open for hours: the outage begins where it broke. One that opens and says nothing ended no outage.
      if (this.#source.nowMs() - openedAtMs >= HELD_MS) this.#outage.answered();
      throw error;
    }
  }

  /** Events that the stream did not bring. Events arrive in order, so the walk back stops at the first one known. */
  async *listed(): AsyncGenerator<FineTuningJobEvent> {
    const missing: FineTuningJobEvent[] = [];
    for await (const event of this.#source.newestFirst()) {
      if (this.#seen.has(event.id)) break;
      missing.push(event);
    }
    for (const event of missing.reverse()) if (this.#isNew(event)) yield event;
  }

  #isNew(event: FineTuningJobEvent): boolean {
    if (this.#seen.has(event.id)) return false;
    this.#seen.add(event.id);
    return true;
  }
}

/** The event of a message, or undefined for the messages that carry none, such as `[DONE]`. */
function eventOf(data: string): FineTuningJobEvent | undefined {
  if (!data.startsWith('{')) return undefined;
  const value = JSON.parse(data) as { object?: string };
  return value.object === 'fine_tuning.job.event' ? (value as FineTuningJobEvent) : undefined;
}
