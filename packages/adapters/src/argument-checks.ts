/** The argument rules of the ports, checked in one place so that every adapter refuses the same calls. */
import {
  LIST_LIMIT_MAX,
  RECEIVE_MESSAGES_MAX,
  RECEIVE_WAIT_MAX_MS,
  SEND_DELAY_MAX_MS,
  VISIBILITY_TIMEOUT_MAX_MS,
} from '@preheat/ports';
import type { ByteRange, ReceiveOptions } from '@preheat/ports';

/** @throws RangeError */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  checkInteger('range.offset', range.offset, 0, Number.MAX_SAFE_INTEGER);
  if (range.length !== undefined) checkInteger('range.length', range.length, 1, Number.MAX_SAFE_INTEGER);
}

/** The effective page size. @throws RangeError */
export function checkedLimit(limit: number | undefined): number {
  if (limit === undefined) return LIST_LIMIT_MAX;
  checkInteger('limit', limit, 1, LIST_LIMIT_MAX);
  return limit;
}

/** @throws RangeError */
export function checkDelay(delayMs: number): void {
  checkDuration('delayMs', delayMs, SEND_DELAY_MAX_MS);
}

/** @throws RangeError */
export function checkVisibility(visibilityTimeoutMs: number): void {
  checkDuration('visibilityTimeoutMs', visibilityTimeoutMs, VISIBILITY_TIMEOUT_MAX_MS);
}

/** @throws RangeError */
export function checkReceive(options: ReceiveOptions): void {
  checkInteger('maxMessages', options.maxMessages, 1, RECEIVE_MESSAGES_MAX);
  checkDuration('waitMs', options.waitMs, RECEIVE_WAIT_MAX_MS);
  checkVisibility(options.visibilityTimeoutMs);
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, not ${value}`);
  }
}

function checkDuration(name: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max)) throw new RangeError(`${name} must be from 0 to ${max} ms, not ${value}`);
}
