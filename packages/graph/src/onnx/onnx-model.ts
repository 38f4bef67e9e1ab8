/**
 * The part of the ONNX data model that preheat writes, as plain data: what `encodeModel` turns into bytes.
 * Field meanings follow onnx.proto3; a tensor's bytes are little-endian, as in ONNX's `raw_data`.
 */

/** ONNX element types by the name of the type, with their numbers in `TensorProto.DataType`. */
export const ELEMENT_TYPE_CODES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

export type ElementType = keyof typeof ELEMENT_TYPE_CODES;

/** One axis: a fixed size, the name of a symbolic size, or null when nothing is known. */
export type Dimension = number | string | null;

export interface TensorData {
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Elements in row-major order; `shape` decides how many. */
  readonly data: ArrayBufferView;
}

export interface Initializer extends TensorData {
  readonly name: string;
}

export interface ValueInfo {
  readonly name: string;
  readonly elementType: ElementType;
  /** Absent: the rank is unknown too. */
  readonly shape?: readonly Dimension[];
}

/**
 * An attribute. A plain number is an INT and must be an integer; FLOAT attributes are written `{ float: 0.5 }`, so that
 * `1.0` can never silently become an integer. Arrays of numbers are INTS.
 */
export type Attribute =
  | number
  | bigint
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: TensorData }
  | { readonly graph: GraphDefinition };

export interface NodeDefinition {
  readonly opType: string;
  /** Value names; an empty string is an omitted optional input. */
  readonly inputs: readonly string[];
  /** Value names; an empty string is an output nobody wants. */
  readonly outputs: readonly string[];
  readonly name?: string;
  /** Operator domain; absent for the standard ai.onnx operators. */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface GraphDefinition {
  readonly name: string;
  readonly nodes: readonly NodeDefinition[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
}

export interface ModelDefinition {
  readonly graph: GraphDefinition;
  /** Operator-set version by domain; the standard domain is the empty string. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Free key-value pairs stored with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
