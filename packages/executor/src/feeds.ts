// Checks what a caller feeds to a program, so that a mistake is named here and not inside a runtime.

import { formatShape, sizeOf } from '@preheat/graph';
import type { Program, ProgramInput } from '@preheat/graph';
import type { Feeds } from './executor.js';

/**
 * The inputs that must be fed, each with its numbers. `owned` names the inputs that the executor already holds. Throws
 * when one is missing, is of the wrong type or length, or is not an input of the program.
 */
export function matchFeeds(
  program: Program,
  feeds: Feeds,
  owned: (input: ProgramInput) => boolean = () => false,
): { readonly input: ProgramInput; readonly data: Float32Array | Int32Array }[] {
  const wanted = program.inputs.filter((input) => !owned(input));
  const names = new Set(wanted.map(({ name }) => name));
  const stray = Object.keys(feeds).find((name) => !names.has(name));
  if (stray !== undefined) {
    throw new Error(
      `"${stray}" is not fed to this program; it takes ${[...names].map((name) => `"${name}"`).join(', ')}`,
    );
  }
  return wanted.map((input) => ({ input, data: checkFeed(input, feeds[input.name]) }));
}

function checkFeed({ name, dtype, shape }: ProgramInput, data: Float32Array | Int32Array | undefined) {
  const type = dtype === 'f32' ? Float32Array : Int32Array;
  if (!(data instanceof type) || data.length !== sizeOf(shape)) {
    const got = data === undefined ? 'nothing' : `a ${data.constructor.name} of ${data.length}`;
    throw new Error(
      `input "${name}" (${formatShape(shape)}): expected a ${type.name} of ${sizeOf(shape)} numbers, got ${got}`,
    );
  }
  return data;
}
