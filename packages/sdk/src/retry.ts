/**
 * When to try again, and how long to wait. The server's word wins (`x-should-retry`, `retry-after-ms`, `retry-after`);
 * without it the wait doubles from half a second to eight, shortened by up to a quarter so that clients spread out.
 */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);
const FIRST_DELAY_MS = 500;
const MAX_BACKOFF_MS = 8_000;
/** A server that asks for more than this is not waited for: the back-off applies instead. */
export const MAX_RETRY_AFTER_MS = 60_000;
const JITTER = 0.25;

/** Whether an answer is worth another attempt. */
export function shouldRetry(response: Response): boolean {
  const told = response.headers.get('x-should-retry');
  if (told === 'true') return true;
  if (told === 'false') return false;
  return RETRIED_STATUSES.has(response.status) || response.status >= 500;
}

/**
 * Milliseconds before the next attempt.
 *
 * @param attempt attempts made so far, less one: 0 after the first.
 * @param headers of the answer, or undefined when none arrived.
 * @param random uniform in [0, 1).
 */
export function retryDelayMs(attempt: number, headers: Headers | undefined, random: number, nowMs: number): number {
  const asked = headers ? retryAfterMs(headers, nowMs) : undefined;
  if (asked !== undefined && asked <= MAX_RETRY_AFTER_MS) return asked;
  return Math.min(FIRST_DELAY_MS * 2 ** attempt, MAX_BACKOFF_MS) * (1 - JITTER * random);
}

function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return milliseconds;
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const seconds = Number(text);
  if (seconds >= 0) return seconds * 1_000;
  const untilDate = Date.parse(text) - nowMs;
  return Number.isNaN(untilDate) ? undefined : Math.max(0, untilDate);
}
