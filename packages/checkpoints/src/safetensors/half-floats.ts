/**
 * bfloat16 and float16 against float32, bit for bit as IEEE 754 rounds: to nearest, ties to even, subnormals kept,
 * overflow to infinity. NaN stays NaN (quiet, sign kept); its payload is not part of any promise, as in torch.
 */
const ABSOLUTE = 0x7fff_ffff;
const INFINITY_BITS = 0x7f80_0000;
const HALF_INFINITY = 0x7c00;
/** Half-way between the largest float16 (65,504) and the next value it would need: rounds to infinity. */
const HALF_OVERFLOW_BITS = 0x477f_f000;
/** 2⁻¹⁴, the smallest normal float16. */
const HALF_NORMAL_BITS = 0x3880_0000;
/** The difference of the exponent biases (127 - 15), in place. */
const REBIAS = 0x3800_0000;

/** Widens `half`, exactly. */
export function bfloat16ToFloat32(half: Uint16Array): Float32Array {
  const bits = new Uint32Array(half.length);
  for (let i = 0; i < half.length; i++) bits[i] = (half[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    const isNaN = (word & ABSOLUTE) > INFINITY_BITS;
    half[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return half;
}

/** Widens `half`, exactly. */
export function float16ToFloat32(half: Uint16Array): Float32Array {
  widened ??= everyFloat16();
  const values = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) values[i] = widened[half[i] as number] as number;
  return values;
}

export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) half[i] = toFloat16Bits(bits[i] as number);
  return half;
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);
const HALF_ULP_CARRIER = 0.5;
const HALF_ULP_CARRIER_BITS = 0x3f00_0000;

function toFloat16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const absolute = word & ABSOLUTE;
  if (absolute > INFINITY_BITS) return sign | 0x7e00;
  if (absolute >= HALF_OVERFLOW_BITS) return sign | HALF_INFINITY;
  if (absolute >= HALF_NORMAL_BITS) return sign | ((absolute - REBIAS + 0xfff + ((absolute >>> 13) & 1)) >>> 13);
  // Subnormal: one half has the step 2⁻²⁴ of these, so that adding it lets the float32 adder round as IEEE says.
  scratchBits[0] = absolute;
  scratch[0] = (scratch[0] as number) + HALF_ULP_CARRIER;
  return sign | ((scratchBits[0] as number) - HALF_ULP_CARRIER_BITS);
}

/** All 65,536 values: reading a model is then one look-up an element. Made on first use. */
let widened: Float32Array | undefined;

function everyFloat16(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
