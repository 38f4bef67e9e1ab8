/**
 * A user's client: sends one request at a time to any API machine, gives up waiting, and tries again as the official clients
 * do, saying so. It keeps what it knows of every try: what was answered is a promise of the platform.
 */
import type { Random, VirtualClock } from '@preheat/ports';
import type { SimulatedProcess } from '@preheat/simulator';
import type { ApiMachine } from './api-machine.js';

/** One request, as the app's `inject` takes it. */
export interface SimRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Buffer | object;
}

export interface Endpoint {
  readonly machine: ApiMachine;
  readonly process: SimulatedProcess;
}

/** One request on the wire. `answer` stays undefined when none arrived; the request may take effect all the same. */
export interface Attempt {
  /** What the user wants, such as `submit 3` or `pause ftjob-1`. */
  readonly wish: string;
  readonly sentAtMs: number;
  answeredAtMs?: number;
  answer?: { readonly status: number; readonly body: Record<string, unknown> };
}

export interface SimClientOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly endpoints: () => readonly Endpoint[];
  readonly attempts: Attempt[];
  readonly lostAnswer: () => number;
}

const PATIENCE_MS = 15_000;
const RETRY_MS = 500;

export class SimClient {
  readonly #options: SimClientOptions;

  constructor(options: SimClientOptions) {
    this.#options = options;
  }

  /** The answer, once one arrives that is worth no retry; undefined after `tries` without. */
  async ask(wish: string, request: SimRequest, tries = 1_000): Promise<Attempt['answer']> {
    for (let retry = 0; retry < tries; retry++) {
      const headers = { ...request.headers, 'x-stainless-retry-count': String(retry) };
      const answer = await this.#attempt(wish, { ...request, headers });
      if (answer && answer.status < 500) return answer;
      await this.#options.clock.sleep(RETRY_MS + this.#options.random.int(RETRY_MS));
    }
    return undefined;
  }

  async #attempt(wish: string, request: SimRequest): Promise<Attempt['answer']> {
    const { clock, random, endpoints, attempts, lostAnswer } = this.#options;
    const alive = endpoints().filter(({ process }) => process.isAlive);
    const endpoint = alive[random.int(Math.max(1, alive.length))];
    if (!endpoint) return undefined;
    const attempt: Attempt = { wish, sentAtMs: clock.nowMs() };
    attempts.push(attempt);
    const answered = new AbortController();
    const impatience = clock.sleep(PATIENCE_MS, answered.signal).catch(() => undefined);
    const response = await Promise.race([endpoint.machine.app.inject(request), endpoint.process.crashed, impatience]);
    answered.abort('answered');
    if (!response || random.float() < lostAnswer()) return undefined;
    attempt.answeredAtMs = clock.nowMs();
    attempt.answer = { status: response.statusCode, body: response.json() };
    return attempt.answer;
  }
}
