/** The rules of one-dimensional ARC: each makes rows of a family and says what becomes of them. Order is published: append. */
import type { Random } from '@preheat/ports';
import { between } from '../draws.js';

export const ROW_CELLS = 8;

export interface ArcRule {
  /** One upper-case word, a token of its own. */
  readonly name: string;
  /** Two small numbers say which of the family it is; drawn for a puzzle, the same in its examples and its question. */
  readonly parameters: (random: Random) => { readonly colour: number; readonly amount: number };
  /** A row and what the rule makes of it. */
  readonly example: (random: Random, colour: number, amount: number) => readonly [number[], number[]];
}

const drawColour = (random: Random) => between(random, 1, 9);
const blank = (): number[] => new Array<number>(ROW_CELLS).fill(0);

function block(start: number, length: number, colour: number): number[] {
  return blank().map((_, cell) => (cell >= start && cell < start + length ? colour : 0));
}

export const ARC_RULES: readonly ArcRule[] = [
  {
    name: 'RIGHT',
    parameters: (random) => ({ colour: drawColour(random), amount: between(random, 1, 3) }),
    example: (random, colour, amount) => {
      const length = between(random, 1, 3);
      const start = between(random, 0, ROW_CELLS - length - amount);
      return [block(start, length, colour), block(start + amount, length, colour)];
    },
  },
  {
    name: 'LEFT',
    parameters: (random) => ({ colour: drawColour(random), amount: between(random, 1, 3) }),
    example: (random, colour, amount) => {
      const length = between(random, 1, 3);
      const start = between(random, amount, ROW_CELLS - length);
      return [block(start, length, colour), block(start - amount, length, colour)];
    },
  },
  {
    name: 'GROW',
    parameters: (random) => ({ colour: drawColour(random), amount: between(random, 1, 2) }),
    example: (random, colour, amount) => {
      const length = between(random, 1, ROW_CELLS - 2 * amount);
      const start = between(random, amount, ROW_CELLS - length - amount);
      return [block(start, length, colour), block(start - amount, length + 2 * amount, colour)];
    },
  },
  {
    name: 'FILL',
    parameters: (random) => ({ colour: drawColour(random), amount: 0 }),
    example: (random, colour) => {
      const length = between(random, 3, ROW_CELLS);
      const start = between(random, 0, ROW_CELLS - length);
      const ends = block(start, 1, colour).map((cell, at) => (at === start + length - 1 ? colour : cell));
      return [ends, block(start, length, colour)];
    },
  },
  {
    name: 'RECOLOUR',
    parameters: (random) => ({ colour: drawColour(random), amount: drawColour(random) }),
    example: (random, colour, amount) => {
      const length = between(random, 2, 5);
      const start = between(random, 0, ROW_CELLS - length);
      return [block(start, length, colour), block(start, length, amount)];
    },
  },
];
