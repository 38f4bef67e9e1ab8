/** Splits a byte stream at newlines: a line may span chunks, a chunk may hold many lines, and no more than a line and a chunk are held. */

export interface LineLimit {
  readonly maxBytes: number;
  /** @param line Its number, from 1. */
  readonly tooLong: (line: number) => Error;
}

const NEWLINE = 0x0a;

/** @param limit Of lines that come from outside: bounds what is held of them. */
export async function* byteLines(bytes: AsyncIterable<Uint8Array>, limit?: LineLimit): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let held = 0;
  let line = 1;
  for await (const chunk of bytes) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...pieces, buffer.subarray(start, end)]);
      pieces = [];
      held = 0;
      line += 1;
      start = end + 1;
    }
    pieces.push(buffer.subarray(start));
    held += buffer.length - start;
    if (limit && held > limit.maxBytes) throw limit.tooLong(line);
  }
  if (held > 0) yield Buffer.concat(pieces);
}
