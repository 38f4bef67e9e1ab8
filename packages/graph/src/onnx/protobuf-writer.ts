/**
 * Writes protocol-buffer wire format. Small fields go into one growing scratch buffer; byte strings above a threshold
 * are kept by reference and copied exactly once, into the final buffer, so encoding a model never doubles its weights
 * in memory on the way. Nested messages are written with their own writer, because their length precedes them.
 */

/** Byte strings at least this long are held by reference until `finish`. */
const REFERENCE_THRESHOLD_BYTES = 1024;
const INITIAL_SCRATCH_BYTES = 128;
const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;
const WIRE_FIXED32 = 5;
/** ONNX Runtime parses with 32-bit lengths: a message of 2 GiB or more is refused there, so it is refused here. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private partsBytes = 0;
  private scratch = Buffer.allocUnsafe(INITIAL_SCRATCH_BYTES);
  private used = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.partsBytes + this.used;
  }

  /** An integer field; negative values and bigint take the ten-byte two's-complement form of int64. */
  int(field: number, value: number | bigint): void {
    this.tag(field, WIRE_VARINT);
    this.varint(value);
  }

  /** A 32-bit float field. */
  float(field: number, value: number): void {
    this.tag(field, WIRE_FIXED32);
    this.reserve(4);
    this.used = this.scratch.writeFloatLE(value, this.used);
  }

  string(field: number, value: string): void {
    this.tag(field, WIRE_LENGTH_DELIMITED);
    const byteLength = Buffer.byteLength(value);
    this.varint(byteLength);
    this.reserve(byteLength);
    this.used += this.scratch.write(value, this.used);
  }

  /** A byte string. Long ones are referenced, not copied: the caller must not change them before `finish`. */
  bytes(field: number, value: Uint8Array): void {
    this.tag(field, WIRE_LENGTH_DELIMITED);
    this.varint(value.byteLength);
    this.append(value);
  }

  /** A nested message, filled by `write`. */
  message(field: number, write: (nested: ProtobufWriter) => void): void {
    const nested = new ProtobufWriter();
    write(nested);
    this.tag(field, WIRE_LENGTH_DELIMITED);
    this.varint(nested.length);
    for (const part of nested.parts) this.append(part);
    this.append(nested.scratch.subarray(0, nested.used));
  }

  /** The finished message in one new buffer. Throws RangeError when it exceeds protobuf's 2 GiB. */
  finish(): Uint8Array {
    if (this.length > MAX_MESSAGE_BYTES) {
      throw new RangeError(`model of ${this.length} bytes exceeds the protobuf limit of ${MAX_MESSAGE_BYTES}`);
    }
    const whole = new Uint8Array(this.length);
    let offset = 0;
    for (const part of [...this.parts, this.scratch.subarray(0, this.used)]) {
      whole.set(part, offset);
      offset += part.byteLength;
    }
    return whole;
  }

  private append(value: Uint8Array): void {
    if (value.byteLength < REFERENCE_THRESHOLD_BYTES) {
      this.reserve(value.byteLength);
      this.scratch.set(value, this.used);
      this.used += value.byteLength;
      return;
    }
    this.flush();
    this.parts.push(value);
    this.partsBytes += value.byteLength;
  }

  /** Closes the scratch buffer as a part, so that a referenced byte string can follow it in order. */
  private flush(): void {
    if (this.used === 0) return;
    this.parts.push(this.scratch.subarray(0, this.used));
    this.partsBytes += this.used;
    this.scratch = Buffer.allocUnsafe(INITIAL_SCRATCH_BYTES);
    this.used = 0;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === 'number' && value >= 0) this.varintNumber(value);
    else this.varintBigInt(BigInt.asUintN(64, BigInt(value)));
  }

  private varintNumber(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.scratch[this.used++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.scratch[this.used++] = rest;
  }

  private varintBigInt(value: bigint): void {
    let rest = value;
    while (rest > 127n) {
      this.scratch[this.used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.scratch[this.used++] = Number(rest);
  }

  private reserve(byteLength: number): void {
    const needed = this.used + byteLength;
    if (needed <= this.scratch.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.scratch.length * 2, needed));
    this.scratch.copy(grown, 0, 0, this.used);
    this.scratch = grown;
  }
}
