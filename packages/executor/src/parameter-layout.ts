// The defaults of ParameterSpec, resolved and checked once for every executor.

import { formatShape, gradientOf, sameShape, sizeOf } from '@preheat/graph';
import type { ProgramOutput, Shape } from '@preheat/graph';
import type { LoadableState, ParameterSpec, Tensors } from './executor.js';

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly trainable: boolean;
  readonly decays: boolean;
}

/** Throws when a name is used twice. */
export function resolveLayout(layout: readonly ParameterSpec[]): Parameter[] {
  const names = new Set<string>();
  return layout.map(({ name, shape, trainable = true, weightDecay = shape.length >= 2 }) => {
    if (names.has(name)) throw new Error(`parameter "${name}" is declared twice`);
    names.add(name);
    return { name, shape, size: sizeOf(shape), trainable, decays: trainable && weightDecay };
  });
}

/** Throws unless every parameter is there with the right size, nothing else is, and moments belong to parameters. */
export function checkState(parameters: readonly Parameter[], state: LoadableState, keepsAverage: boolean): void {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  checkTensors('parameters', parameters, state.parameters);
  if (state.firstMoment) checkTensors('firstMoment', trainable, state.firstMoment);
  if (state.secondMoment) checkTensors('secondMoment', trainable, state.secondMoment);
  if (!state.average) return;
  if (!keepsAverage) throw new Error('average: none is kept here; open the training state with averageDecay');
  checkTensors('average', trainable, state.average);
  const { stepCount = 0 } = state;
  if (!Number.isInteger(stepCount) || stepCount < 0) throw new Error(`stepCount ${stepCount} is not a whole number`);
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
