// Just enough of the WebAssembly binary format to write loops over float32 arrays with SIMD (spec: core 2.0, sections
// 5.4 and 5.5). A function body is a flat list of bytes; every helper returns the bytes of one instruction.

export type Bytes = readonly number[];

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const vector = (items: readonly Bytes[]): Bytes => [...leb(items.length), ...items.flat()];
const section = (id: number, content: Bytes): Bytes => [id, ...leb(content.length), ...content];
const text = (value: string): Bytes => vector([...value].map((character) => [character.charCodeAt(0)]));
const simd = (opcode: number): Bytes => [0xfd, ...leb(opcode)];

export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof types;

export const local = {
  get: (index: number): Bytes => [0x20, ...leb(index)],
  set: (index: number): Bytes => [0x21, ...leb(index)],
  tee: (index: number): Bytes => [0x22, ...leb(index)],
};

export const i32 = {
  /** A constant from 0 to 63, so that signed and unsigned LEB128 agree. */
  small: (value: number): Bytes => [0x41, value],
  add: [0x6a] as Bytes,
  lessUnsigned: [0x49] as Bytes,
};

export const f64 = { add: [0xa0] as Bytes };

export const v128 = {
  /** Loads and stores are 16-byte aligned (the hint is log2) at offset zero. */
  load: [...simd(0x00), 4, 0] as Bytes,
  store: [...simd(0x0b), 4, 0] as Bytes,
};

export const f32x4 = {
  splat: simd(0x13),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  sqrt: simd(0xe3),
};

export const f64x2 = {
  /** Widens lanes 0 and 1. */
  promoteLow: simd(0x5f),
  add: simd(0xf0),
  mul: simd(0xf2),
  lane: (index: 0 | 1): Bytes => [...simd(0x21), index],
};

/** Swaps the two 64-bit halves of the value on the stack, held in `scratch`. */
export function swapHalves(scratch: number): Bytes {
  const lanes = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
  return [...local.set(scratch), ...local.get(scratch), ...local.get(scratch), ...simd(0x0d), ...lanes];
}

/** Moves a pointer by one vector. */
export const advance = (pointer: number): Bytes => [
  ...local.get(pointer),
  ...i32.small(16),
  ...i32.add,
  ...local.set(pointer),
];

/** Repeats `body` while `pointer < end` (unsigned), testing after each round: the range must not be empty. */
export function repeatUntil(pointer: number, end: number, body: Bytes): Bytes {
  const again = [...local.get(pointer), ...local.get(end), ...i32.lessUnsigned, 0x0d, 0];
  return [0x03, 0x40, ...body, ...again, 0x0b];
}

/** Pages of 64 KiB in the address space of 32-bit WebAssembly. */
const maxPages = 65_536;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  /** Locals after the parameters, numbered on from them. */
  readonly locals: readonly ValueType[];
  readonly body: Bytes;
}

/** A module that imports its memory, which must be shared, as `env.memory` and exports the functions by name. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const typeOf = (value: ValueType): Bytes => [types[value]];
  const signatures = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map(typeOf)),
    ...vector(result ? [typeOf(result)] : []),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((value) => [1, types[value]])), ...body, 0x0b];
    return [...leb(code.length), ...code];
  });
  const sharedWithMaximum = 0x03;
  const memory = [...text('env'), ...text('memory'), 0x02, sharedWithMaximum, ...leb(1), ...leb(maxPages)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(signatures)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, index) => leb(index)))),
    ...section(7, vector(functions.map(({ name }, index) => [...text(name), 0x00, ...leb(index)]))),
    ...section(10, vector(bodies)),
  ]);
}
