/**
 * Writes protocol-buffer wire format into one growing buffer. The length of a nested message precedes it: it is given one byte,
 * and the message is moved where that is too few, which costs less than a buffer for every message, of which models have thousands.
 * Byte strings above a threshold are kept by reference and copied exactly once, into the final buffer, so encoding a model never
 * doubles its weights in memory on the way.
 */

/** Byte strings at least this long are held by reference until `finish`. */
const REFERENCE_THRESHOLD_BYTES = 1024;
const INITIAL_BYTES = 1024;
/** Most that a string of one code unit takes in UTF-8. */
const UTF8_BYTES_PER_UNIT = 3;
/** Of 64 bits. */
const MAX_VARINT_BYTES = 10;
const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;
const WIRE_FIXED32 = 5;
/** ONNX Runtime parses with 32-bit lengths: a message of 2 GiB or more is refused there, so it is refused here. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** A byte string that is not copied yet. */
interface Referenced {
  readonly value: Uint8Array;
  /** Bytes of the buffer that come before it. */
  after: number;
}

export class ProtobufWriter {
  private readonly referenced: Referenced[] = [];
  private referencedBytes = 0;
  private buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  private used = 0;

  /** An integer field; negative values and bigint take the ten-byte two's-complement form of int64. */
  int(field: number, value: number | bigint): void {
    this.tag(field, WIRE_VARINT);
    this.reserve(MAX_VARINT_BYTES);
    if (typeof value === 'number' && value >= 0) this.varint(value);
    else this.varintBigInt(BigInt.asUintN(64, BigInt(value)));
  }

  /** A 32-bit float field. */
  float(field: number, value: number): void {
    this.tag(field, WIRE_FIXED32);
    this.reserve(4);
    this.used = this.buffer.writeFloatLE(value, this.used);
  }

  string(field: number, value: string): void {
    this.delimited(field, () => {
      this.reserve(UTF8_BYTES_PER_UNIT * value.length);
      this.used += this.buffer.write(value, this.used);
    });
  }

  /** A byte string. Long ones are referenced, not copied: the caller must not change them before `finish`. */
  bytes(field: number, value: Uint8Array): void {
    this.delimited(field, () => {
      if (value.byteLength >= REFERENCE_THRESHOLD_BYTES) {
        this.referenced.push({ value, after: this.used });
        this.referencedBytes += value.byteLength;
        return;
      }
      this.reserve(value.byteLength);
      this.buffer.set(value, this.used);
      this.used += value.byteLength;
    });
  }

  /** A nested message: what `write` writes with this writer. */
  message(field: number, write: (nested: ProtobufWriter) => void): void {
    this.delimited(field, () => write(this));
  }

  /** The finished message in one new buffer. Throws RangeError when it exceeds protobuf's 2 GiB. */
  finish(): Uint8Array {
    const length = this.used + this.referencedBytes;
    if (length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`model of ${length} bytes exceeds the protobuf limit of ${MAX_MESSAGE_BYTES}`);
    }
    const whole = new Uint8Array(length);
    let from = 0;
    let offset = 0;
    for (const { value, after } of this.referenced) {
      whole.set(this.buffer.subarray(from, after), offset);
      offset += after - from;
      from = after;
      whole.set(value, offset);
      offset += value.byteLength;
    }
    whole.set(this.buffer.subarray(from, this.used), offset);
    return whole;
  }

  /** A field whose length precedes what `write` writes. */
  private delimited(field: number, write: () => void): void {
    this.tag(field, WIRE_LENGTH_DELIMITED);
    this.reserve(1);
    const start = this.used;
    const referenced = this.referenced.length;
    const referencedBytes = this.referencedBytes;
    this.used += 1;
    write();
    const length = this.used - start - 1 + this.referencedBytes - referencedBytes;
    if (length <= 127) this.buffer[start] = length;
    else this.widenLength(start, length, referenced);
  }

  /** Moves what was written behind a length of one byte, and the places of what is referenced there. */
  private widenLength(start: number, length: number, referenced: number): void {
    const more = varintBytes(length) - 1;
    this.reserve(more);
    this.buffer.copyWithin(start + 1 + more, start + 1, this.used);
    for (const moved of this.referenced.slice(referenced)) moved.after += more;
    const end = this.used + more;
    this.used = start;
    this.varint(length);
    this.used = end;
  }

  private tag(field: number, wireType: number): void {
    this.reserve(MAX_VARINT_BYTES);
    this.varint(field * 8 + wireType);
  }

  private varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.buffer[this.used++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.used++] = rest;
  }

  private varintBigInt(value: bigint): void {
    let rest = value;
    while (rest > 127n) {
      this.buffer[this.used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.buffer[this.used++] = Number(rest);
  }

  private reserve(byteLength: number): void {
    const needed = this.used + byteLength;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, needed));
    this.buffer.copy(grown, 0, 0, this.used);
    this.buffer = grown;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
