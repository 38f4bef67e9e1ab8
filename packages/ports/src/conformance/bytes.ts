/** Small conversions that keep the suites readable. */

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(body: Uint8Array | undefined): string | undefined {
  return body === undefined ? undefined : new TextDecoder().decode(body);
}

/** Its length is a prime, so that swapped or lost blocks show. */
const PERIOD = Uint8Array.from({ length: 251 }, (_, i) => i);

/** Deterministic filler: byte i is i modulo 251. */
export function pattern(length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, PERIOD));
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}
