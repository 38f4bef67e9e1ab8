/** Constants of the GGUF container, version 3 (ggml's docs/gguf.md). */
export const MAGIC = 0x4655_4747; // 'GGUF', little-endian
export const VERSION = 3;
/** Every tensor's data begins at a multiple of this from the start of the data. */
export const ALIGNMENT_BYTES = 32;

export const VALUE_TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Element types written here, with ggml's numbers. */
export const GGML_TYPE = { F32: 0, F16: 1, BF16: 30 } as const;
export type GgmlType = keyof typeof GGML_TYPE;

export type GgufValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'float32s' | 'int32s'; readonly value: readonly number[] };

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** The file is not GGUF as written here, or the model cannot be written as GGUF. */
export class GgufError extends Error {
  override readonly name = 'GgufError';
}
