/**
 * One question to a hub, asked again while that may help: a broken connection or a failing hub a few times, a hub that has
 * had too many questions for as long as it says itself. What else it refuses (4xx) is final.
 */
import { formatDuration } from '../duration.js';
import { CommandFailed } from '../io.js';

export interface HubConnection {
  /** `owner/name`. */
  readonly repo: string;
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** Told before a wait for a hub that has had too many requests. */
  readonly onBusy: (waitMs: number) => void;
}

/** What every call of `@huggingface/hub` is given. */
export interface Access {
  readonly repo: { readonly type: 'model'; readonly name: string };
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
  readonly accessToken?: string;
}

const MAX_ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
/** For one question, all waits for a busy hub together: the window over which the public hub counts requests. */
const MAX_BUSY_MS = 300_000;

const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;

/** @throws CommandFailed naming what was done and what the hub answered. */
export async function attempt<T>(hub: HubConnection, what: string, run: (access: Access) => Promise<T>): Promise<T> {
  const waits = new Waits();
  for (;;) {
    let busy: Response | undefined;
    try {
      return await run(accessTo(hub, (response) => (busy = response)));
    } catch (error) {
      hub.signal.throwIfAborted();
      const { waitMs, isOver } = busy ? waits.whileBusy(busy.headers) : waits.afterFailure();
      if (isOver || (!busy && isRefused(error)))
        throw explained(error, `${hub.repo} at ${hub.endpoint}: ${what}`, busy ? waitMs : undefined);
      if (busy) hub.onBusy(waitMs);
      await hub.sleep(waitMs, hub.signal);
    }
  }
}

/** The waits of one question: doubling, unless the hub says how long, and limited for each of the two reasons by itself. */
class Waits {
  #failures = 0;
  #busyAnswers = 0;
  #busyMs = 0;

  afterFailure(): { waitMs: number; isOver: boolean } {
    const waitMs = FIRST_WAIT_MS * 2 ** this.#failures++;
    return { waitMs, isOver: this.#failures === MAX_ATTEMPTS };
  }

  whileBusy(headers: Headers): { waitMs: number; isOver: boolean } {
    const waitMs = askedWaitMs(headers) ?? FIRST_WAIT_MS * 2 ** this.#busyAnswers;
    this.#busyAnswers++;
    this.#busyMs += waitMs;
    return { waitMs, isOver: this.#busyMs > MAX_BUSY_MS };
  }
}

/** `onBusy` gets the answer that this was one request too many: the errors of the library do not carry its headers. */
function accessTo({ repo, endpoint, token, signal }: HubConnection, onBusy: (response: Response) => void): Access {
  return {
    repo: { type: 'model', name: repo },
    hubUrl: endpoint.replace(/\/+$/, ''),
    fetch: async (url, init) => {
      const response = await fetch(url, { ...init, signal });
      if (response.status === TOO_MANY_REQUESTS) onBusy(response);
      return response;
    },
    ...(token === undefined ? {} : { accessToken: token }),
  };
}

/** The seconds of `Retry-After`, or those until the window of `RateLimit: "api";r=0;t=55` ends, as the public hub says. */
function askedWaitMs(headers: Headers): number | undefined {
  const [, reset] = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '') ?? [];
  const seconds = Number(headers.get('retry-after') ?? reset);
  return seconds > 0 ? seconds * 1_000 : undefined;
}

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

function isRefused(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return error instanceof CommandFailed || (status >= 400 && status < 500 && status !== REQUEST_TIMEOUT);
}

function explained(error: unknown, what: string, waitMs: number | undefined): CommandFailed {
  if (error instanceof CommandFailed) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const message = error instanceof Error ? error.message : String(error);
  return new CommandFailed(`${what}: ${message}${cause}${hint(statusOf(error), waitMs)}`, { cause: error });
}

function hint(status: number | undefined, waitMs: number | undefined): string {
  if (waitMs !== undefined) {
    return `\n  It has had too many requests; try again in ${formatDuration(waitMs)}. HF_TOKEN raises the limit.`;
  }
  if (status !== 401 && status !== 403 && status !== 404) return '';
  return '\n  Is the name right? A private or gated model needs HF_TOKEN with access to it.';
}
