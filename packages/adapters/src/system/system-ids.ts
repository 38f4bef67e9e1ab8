/**
 * Identifiers that sort by creation time and cannot be guessed: 8 base-62 digits of milliseconds (until the year
 * 8888), then 16 random ones (95 bits) from the system's cryptographic generator.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from '@preheat/ports';

/** In ASCII order, so that text order is numeric order. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TIME_DIGITS = 8;
const RANDOM_DIGITS = 16;

export class SystemIds implements Ids {
  readonly #clock: Clock;

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  next(prefix: string): string {
    return prefix + timeDigits(this.#clock.nowMs()) + randomDigits();
  }
}

function timeDigits(nowMs: number): string {
  let digits = '';
  let rest = Math.floor(nowMs);
  for (let place = 0; place < TIME_DIGITS; place++) {
    digits = DIGITS.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Bytes from 248 up are thrown away: 248 is the greatest multiple of 62, so the others are unbiased. */
function randomDigits(): string {
  let digits = '';
  while (digits.length < RANDOM_DIGITS) {
    for (const byte of randomBytes(RANDOM_DIGITS)) if (byte < 248) digits += DIGITS.charAt(byte % 62);
  }
  return digits.slice(0, RANDOM_DIGITS);
}
