/** Clues of a three-house puzzle: houses in a row, each with one of the colours r g b and one of the pets c d f. */
import { permutations } from '../draws.js';

export const COLOURS = ['r', 'g', 'b'] as const;
export const PETS = ['c', 'd', 'f'] as const;

/** The colours from left to right, then the pets. */
export type Street = readonly string[];

/** Every way the street can be. */
export const STREETS: readonly Street[] = permutations(COLOURS).flatMap((colours) =>
  permutations(PETS).map((pets) => [...colours, ...pets]),
);

/** `r1` is there, `r!1` is not; `r=c` live together, `r<c` somewhere left of, `r~c` next door. */
export const CLUE_PATTERN = '^[rgbcdf](!?[123]|[=<~][rgbcdf])$';

const houseOf = (street: Street, thing: string): number => street.indexOf(thing) % 3;

export function clueHolds(clue: string, street: Street): boolean {
  const house = houseOf(street, clue[0] ?? '');
  if (clue[1] === '!') return house !== Number(clue[2]) - 1;
  if (clue.length === 2) return house === Number(clue[1]) - 1;
  const other = houseOf(street, clue[2] ?? '');
  if (clue[1] === '=') return house === other;
  return clue[1] === '<' ? house < other : Math.abs(house - other) === 1;
}

const THINGS = [...COLOURS, ...PETS];
const PAIRS = THINGS.flatMap((a) => THINGS.filter((b) => b !== a).map((b) => [a, b] as const));
const SAME_KIND = (a: string, b: string) => COLOURS.includes(a as 'r') === COLOURS.includes(b as 'r');

/** Every clue that says something. */
export const CLUES: readonly string[] = [
  ...THINGS.flatMap((thing) => ['1', '2', '3'].flatMap((house) => [`${thing}${house}`, `${thing}!${house}`])),
  ...PAIRS.filter(([a, b]) => !SAME_KIND(a, b) && a < b).map(([a, b]) => `${a}=${b}`),
  ...PAIRS.map(([a, b]) => `${a}<${b}`),
  ...PAIRS.filter(([a, b]) => a < b).map(([a, b]) => `${a}~${b}`),
];

/** The streets that all clues allow. */
export const streetsThat = (clues: readonly string[]): Street[] =>
  STREETS.filter((street) => clues.every((clue) => clueHolds(clue, street)));
