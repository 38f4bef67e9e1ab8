// Inputs that are held in fewer bits than the float32 a program computes with: frozen weights under an adapter. Every use
// widens them anew, and not before the other operand of that use is known, so that one float32 matrix is alive at a time,
// in the backward pass too. Only data dependencies can say that: ONNX Runtime merges equal nodes and orders the rest.

import type { OnnxGraph, Value } from '../onnx/index.js';
import type { ProgramInput } from '../program.js';
import { lengthOf } from '../shape.js';
import type { LoweredOperand } from './onnx-lowerings.js';

/** float16; or int8 with a float32 scale for each row, fed as `scalesInput(name)`. */
export type InputStorage = 'float16' | 'int8';

/** By name; matrices only. Other inputs are fed as the program says. */
export type StoredInputs = ReadonlyMap<string, InputStorage>;

/** The name of the input that holds the scales [rows] of an int8 matrix. */
export const scalesInput = (name: string): string => `scales:${name}`;

const float32Code = 1;
const int64Code = 7;

export class StoredInput {
  readonly #graph: OnnxGraph;
  readonly #shape: readonly number[];
  readonly #values: Value;
  readonly #scales: Value | undefined;

  constructor(graph: OnnxGraph, { name, shape }: ProgramInput, storage: InputStorage) {
    this.#graph = graph;
    this.#shape = shape;
    this.#values = graph.input(name, storage, shape);
    this.#scales = storage === 'int8' ? graph.input(scalesInput(name), 'float32', [lengthOf(shape, 0)]) : undefined;
  }

  /** The whole matrix in float32, not before `other` is known. */
  widen(other: LoweredOperand | undefined): LoweredOperand {
    const values = other ? this.#graph.op('Reshape', [this.#values, this.#shapeAfter(other)]) : this.#values;
    const name = this.#scales
      ? this.#graph.op('DequantizeLinear', [values, this.#scales], { axis: 0 })
      : this.#graph.op('Cast', [values], { to: float32Code });
    return { name, dtype: 'f32', shape: this.#shape };
  }

  /** Rows by number, in float32: only they are widened. */
  rows(ids: LoweredOperand): Value {
    const graph = this.#graph;
    const rows = graph.op('Cast', [graph.op('Gather', [this.#values, ids.name], { axis: 0 })], { to: float32Code });
    if (!this.#scales) return rows;
    const scales = graph.op('Gather', [this.#scales, ids.name], { axis: 0 });
    return graph.op('Mul', [rows, graph.op('Unsqueeze', [scales, graph.int64([-1])])]);
  }

  /** The shape, grown by the number of absolute values below zero: NaN is none of them. */
  #shapeAfter({ name }: LoweredOperand): Value {
    const graph = this.#graph;
    const flat = graph.op('Reshape', [name, graph.int64([-1])]);
    const element = graph.op('Slice', [flat, graph.int64([0]), graph.int64([1]), graph.int64([0])]);
    const isBelow = graph.op('Less', [graph.op('Abs', [element]), graph.float32(0)]);
    return graph.op('Add', [graph.int64([...this.#shape]), graph.op('Cast', [isBelow], { to: int64Code })]);
  }
}
