// A Program is the finished, executor-neutral form of a graph: plain data in execution order, without unused nodes and
// without the marks that only matter to differentiation. Executors may key caches by the object's identity.

import { formatShape } from './shape.js';
import type { Shape } from './shape.js';
import { isA, operand } from './value.js';
import type { ConstantData, DType, Primitive, PrimitiveAttributes, Value } from './value.js';

/** Primitives that are gone once a program is built, or that are kept in tables of their own. */
type BuildOnly = 'input' | 'constant' | 'stopGradient' | 'customGradient';

/** The primitives an executor has to implement. */
export type ProgramPrimitive = Exclude<Primitive, BuildOnly>;

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface ProgramInput extends TensorType {
  readonly name: string;
  /** A parameter: owned by the training state rather than fed at each run. */
  readonly trainable: boolean;
  readonly value: number;
}

export interface ProgramConstant extends TensorType {
  readonly value: number;
  readonly data: ConstantData;
}

interface NodeOf<P extends ProgramPrimitive> extends TensorType {
  readonly primitive: P;
  readonly attributes: PrimitiveAttributes[P];
  /** Numbers of the operands, all defined before this node. */
  readonly inputs: readonly number[];
  /** Number of the result. */
  readonly value: number;
}

/** One step of a program; a union over the primitives, so that `primitive` selects the attributes. */
export type ProgramNode<P extends ProgramPrimitive = ProgramPrimitive> = { [K in P]: NodeOf<K> }[P];

export interface ProgramOutput extends TensorType {
  readonly name: string;
  readonly value: number;
}

export interface Program {
  /** Every declared input that the outputs need, in order of declaration. */
  readonly inputs: readonly ProgramInput[];
  readonly constants: readonly ProgramConstant[];
  readonly nodes: readonly ProgramNode[];
  readonly outputs: readonly ProgramOutput[];
}

const gradientPrefix = 'grad:';

/** The name under which a program returns the gradient of a parameter. */
export function gradientOutput(parameter: string): string {
  return gradientPrefix + parameter;
}

/** The parameter whose gradient an output holds, or `undefined` for any other output. */
export function gradientOf(output: string): string | undefined {
  return output.startsWith(gradientPrefix) ? output.slice(gradientPrefix.length) : undefined;
}

/** The value that a differentiation mark stands for. */
function unmarked(value: Value): Value {
  return isA(value, 'stopGradient') || isA(value, 'customGradient') ? unmarked(operand(value, 0)) : value;
}

function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const pending = [...outputs];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    pending.push(...value.inputs.map(unmarked));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * Collects what the outputs need. Throws when an output is named like an input (an executor could not tell them apart),
 * or is not f32 (cast it first; whole numbers up to 2²⁴ are exact).
 */
export function buildProgram(inputs: readonly Value<'input'>[], outputs: Readonly<Record<string, Value>>): Program {
  const named = Object.entries(outputs).map(([name, value]) => ({ name, value: unmarked(value) }));
  checkOutputs(inputs, named);
  const values = reachable(named.map(({ value }) => value));
  const used = new Set(values);
  return {
    inputs: inputs
      .filter((input) => used.has(input))
      .map(({ attributes, dtype, shape, id }) => ({ ...attributes, dtype, shape, value: id })),
    constants: values
      .filter((value) => isA(value, 'constant'))
      .map(({ attributes, dtype, shape, id }) => ({ data: attributes.data, dtype, shape, value: id })),
    nodes: values.filter((value) => !isA(value, 'constant') && !isA(value, 'input')).map(toNode),
    outputs: named.map(({ name, value: { dtype, shape, id } }) => ({ name, dtype, shape, value: id })),
  };
}

function toNode({ primitive, attributes, inputs, dtype, shape, id }: Value): ProgramNode {
  // `unmarked` and the caller's filter removed exactly the build-only primitives.
  return { primitive, attributes, inputs: inputs.map((i) => unmarked(i).id), dtype, shape, value: id } as ProgramNode;
}

function checkOutputs(inputs: readonly Value<'input'>[], outputs: readonly { name: string; value: Value }[]): void {
  const inputNames = new Set(inputs.map(({ attributes }) => attributes.name));
  for (const { name, value } of outputs) {
    if (inputNames.has(name)) throw new Error(`output "${name}" has the name of an input; name it differently`);
    if (value.dtype !== 'f32') {
      throw new Error(`output "${name}" (${formatShape(value.shape)}) is ${value.dtype}; cast it to f32 first`);
    }
  }
}
