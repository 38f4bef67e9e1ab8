// The graph under construction: named inputs, constants, and hash-consed nodes, so that an expression written twice is
// computed once, and one of constants when the graph is built. Operations live in ops/; they call `emit` after checking shapes and simplifying.

import { foldConstant } from './fold-constants.js';
import { buildProgram } from './program.js';
import type { Program } from './program.js';
import { checkShape, formatShape, ShapeError, sizeOf } from './shape.js';
import type { Shape } from './shape.js';
import type { ConstantData, DType, Primitive, PrimitiveAttributes, Value, ValueFactory } from './value.js';

/** Constants up to this many elements are compared by content; larger ones only by identity. */
const sharedConstantElements = 4096;

export class GraphBuilder implements ValueFactory {
  readonly #values = new Map<string, Value>();
  readonly #inputs = new Map<string, Value<'input'>>();
  readonly #largeConstants = new Map<ConstantData, number>();
  #nextId = 0;

  /** A tensor fed at every run. Throws ShapeError for a bad shape or a name already in use. */
  input(name: string, dtype: 'f32' | 'i32', shape: Shape): Value<'input'> {
    return this.#declare(name, dtype, shape, false);
  }

  /** A tensor that lives in the executor across runs and may be trained; always `f32`. Throws like `input`. */
  parameter(name: string, shape: Shape): Value<'input'> {
    return this.#declare(name, 'f32', shape, true);
  }

  /** A tensor fixed at build time; `data` is kept, not copied, and must not change. Throws ShapeError on a length mismatch. */
  constant(data: ConstantData, shape: Shape): Value<'constant'> {
    checkShape(shape, 'constant');
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(`constant: ${data.length} numbers do not fill the shape ${formatShape(shape)}`);
    }
    return this.emit('constant', [], { data }, data instanceof Float32Array ? 'f32' : 'i32', shape);
  }

  scalar(x: number, dtype: 'f32' | 'i32' = 'f32'): Value<'constant'> {
    return this.constant(dtype === 'f32' ? Float32Array.of(x) : Int32Array.of(x), []);
  }

  /** Values made from now on have at least this id: what tells a block's own values from those it was given. */
  get nextId(): number {
    return this.#nextId;
  }

  /** The executable description of everything the outputs need. Throws on a name clash; see `buildProgram`. */
  build({ outputs }: { readonly outputs: Readonly<Record<string, Value>> }): Program {
    return buildProgram([...this.#inputs.values()], outputs);
  }

  emit<P extends Primitive>(
    primitive: P,
    inputs: readonly Value[],
    attributes: PrimitiveAttributes[P],
    dtype: DType,
    shape: Shape,
  ): Value<P> {
    const stranger = inputs.find((input) => input.graph !== this);
    if (stranger) throw new Error(`${primitive}: operand ${stranger.id} belongs to another graph`);
    const key = `${primitive}|${inputs.map(({ id }) => id).join()}|${this.#attributeKey(attributes)}|${dtype}|${shape.join()}`;
    const known = this.#values.get(key);
    if (known) return known as Value<P>;
    const folded = foldConstant({ primitive, attributes, inputs, dtype, shape });
    const value: Value<P> = folded
      ? (this.constant(folded, shape) as Value as Value<P>)
      : { graph: this, id: this.#nextId++, primitive, attributes, inputs, dtype, shape };
    this.#values.set(key, value as unknown as Value);
    return value;
  }

  #declare(name: string, dtype: 'f32' | 'i32', shape: Shape, trainable: boolean): Value<'input'> {
    checkShape(shape, `input "${name}"`);
    if (this.#inputs.has(name)) throw new ShapeError(`input "${name}" is declared twice`);
    const value = this.emit('input', [], { name, trainable }, dtype, shape);
    this.#inputs.set(name, value);
    return value;
  }

  #attributeKey(attributes: PrimitiveAttributes[Primitive]): string {
    if ('data' in attributes) return this.#constantKey(attributes.data as ConstantData);
    // A block's gradient is a closure over its inputs, which the key holds already; its name tells blocks apart.
    return JSON.stringify(attributes);
  }

  #constantKey(data: ConstantData): string {
    if (data.length <= sharedConstantElements) {
      return Array.from(data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
    }
    const number = this.#largeConstants.get(data) ?? this.#largeConstants.size;
    this.#largeConstants.set(data, number);
    return `large ${number}`;
  }
}
