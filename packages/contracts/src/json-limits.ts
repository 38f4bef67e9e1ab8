/**
 * Limits of JSON that comes from outside, found in its text before anything is built of it. Deep nesting overflows the stack
 * of whoever walks the value later, and millions of tiny values take many times the memory of their text.
 */

export interface JsonLimits {
  readonly depth: number;
  /** Keys and elements together. */
  readonly values: number;
}

export const JSON_LIMITS: JsonLimits = { depth: 100, values: 1_000_000 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** What about the text exceeds the limits, or null. Text that is no JSON gets no particular answer. */
export function jsonExcess(text: string, limits: JsonLimits = JSON_LIMITS): string | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) values++;
    else if (OPENING.has(code)) {
      depth++;
      values++;
    } else if (CLOSING.has(code)) depth--;
    if (depth > limits.depth) return `is nested deeper than ${limits.depth}`;
    if (values > limits.values) return `has more than ${limits.values} values`;
  }
  return null;
}

/** Index of the quote that ends the string beginning at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
