// The defaults of ParameterSpec, resolved and checked once for every executor.

import { formatShape, gradientOf, sameShape, sizeOf } from '@preheat/graph';
import type { InputStorage, ProgramOutput, Shape } from '@preheat/graph';
import type { LoadableState, ParameterSpec, StoredTensor, Tensors } from './executor.js';

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly trainable: boolean;
  readonly decays: boolean;
  readonly storage: 'float32' | InputStorage;
}

export const noAverage = 'average: none is kept here; open the training state with averageDecay';

export type StoredParameter = Parameter & { readonly storage: InputStorage };

/** Throws when a name is used twice. */
export function resolveLayout(layout: readonly ParameterSpec[]): Parameter[] {
  const names = new Set<string>();
  return layout.map(({ name, shape, trainable = true, weightDecay = shape.length >= 2, storage = 'float32' }) => {
    if (names.has(name)) throw new Error(`parameter "${name}" is declared twice`);
    names.add(name);
    if (storage !== 'float32' && (trainable || shape.length !== 2)) {
      throw new Error(`parameter "${name}" cannot be held as ${storage}: only frozen matrices can`);
    }
    return { name, shape, size: sizeOf(shape), trainable, decays: trainable && weightDecay, storage };
  });
}

/** Throws unless every parameter is there with the right size, nothing else is, and moments belong to parameters. */
export function checkState(parameters: readonly Parameter[], state: LoadableState, keepsAverage: boolean): void {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const isStored = ({ storage }: Parameter) => storage !== 'float32';
  checkTensors(
    'parameters',
    parameters.filter((parameter) => !isStored(parameter)),
    state.parameters,
  );
  checkStored(parameters.filter(isStored), state.stored ?? {});
  if (state.firstMoment) checkTensors('firstMoment', trainable, state.firstMoment);
  if (state.secondMoment) checkTensors('secondMoment', trainable, state.secondMoment);
  if (!state.average) return;
  if (!keepsAverage) throw new Error(noAverage);
  checkTensors('average', trainable, state.average);
  const { stepCount = 0 } = state;
  if (!Number.isInteger(stepCount) || stepCount < 0) throw new Error(`stepCount ${stepCount} is not a whole number`);
}

function checkStored(expected: readonly Parameter[], given: Readonly<Record<string, StoredTensor>>): void {
  for (const { name, storage, size, shape } of expected) {
    const tensor = given[name];
    const rows = tensor?.storage === 'int8' ? tensor.scales.length : shape[0];
    if (tensor?.storage === storage && tensor.values.length === size && rows === shape[0]) continue;
    const got = tensor ? `${tensor.values.length} of ${tensor.storage}` : 'nothing';
    throw new Error(`stored: "${name}" needs ${size} numbers of ${storage}, got ${got}`);
  }
  const unknown = Object.keys(given).find((name) => !expected.some((parameter) => parameter.name === name));
  if (unknown !== undefined) throw new Error(`stored: there is no parameter "${unknown}" that is held so`);
}

function checkTensors(what: string, expected: readonly Parameter[], given: Tensors): void {
  for (const { name, size } of expected) {
    const length = given[name]?.length;
    if (length !== size) throw new Error(`${what}: "${name}" needs ${size} numbers, got ${length ?? 'nothing'}`);
  }
  const known = new Set(expected.map(({ name }) => name));
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`${what}: there is no parameter "${unknown}"`);
}

/** The held parameter that a program means. Throws when there is none of that name and shape. */
export function heldParameter(parameters: ReadonlyMap<string, Parameter>, name: string, shape: Shape): Parameter {
  const parameter = parameters.get(name);
  if (parameter && sameShape(parameter.shape, shape)) return parameter;
  const held = parameter ? `is held here with shape ${formatShape(parameter.shape)}` : 'is not held here';
  throw new Error(`the program uses parameter "${name}" of shape ${formatShape(shape)}, which ${held}`);
}

/** The parameter whose gradient an output is, if it is one. Throws when that parameter is unknown or frozen. */
export function gradientTarget(
  parameters: ReadonlyMap<string, Parameter>,
  { name, shape }: ProgramOutput,
): Parameter | undefined {
  const of = gradientOf(name);
  if (of === undefined) return undefined;
  const parameter = heldParameter(parameters, of, shape);
  if (!parameter.trainable) throw new Error(`accumulate: parameter "${of}" is frozen and takes no gradient`);
  return parameter;
}
