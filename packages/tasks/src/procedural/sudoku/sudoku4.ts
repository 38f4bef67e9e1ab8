/** 4×4 sudoku: `SUDOKU 1.342…` with blanks as points, answered by the 16 digits. Every puzzle has one solution. */
import type { CounterRandom } from '@preheat/ports';
import Type, { type Static } from 'typebox';
import { defineTask } from '../define-task.js';
import { shuffled } from '../draws.js';
import { CELLS, completions, conflicts, renamed } from './grid.js';

const CELL_NAMES = [...'abcdefghijklmnop'];

const Grid = Type.Array(Type.Integer({ minimum: 0, maximum: 4 }), { minItems: CELLS, maxItems: CELLS });
/** 0 is blank. */
const SudokuData = Type.Object({ puzzle: Grid });
type SudokuData = Static<typeof SudokuData>;

export const sudoku4 = defineTask({
  name: 'sudoku4',
  title: 'Complete a 4×4 sudoku',
  difficulty: { min: 1, max: 8, standard: 6, meaning: 'blanks' },
  data: SudokuData,

  draw(random, difficulty) {
    const cells = Array.from({ length: CELLS }, (_, cell) => cell);
    const solved = randomGrid(random);
    const blanks = new Set(shuffled(random, cells).slice(0, difficulty));
    const puzzle = solved.map((digit, cell) => (blanks.has(cell) ? 0 : digit));
    return completions(puzzle, 2).length === 1 ? { puzzle } : null;
  },

  prompt: ({ puzzle }) => `SUDOKU ${puzzle.map((digit) => digit || '.').join('')}`,
  // Up to the names of the digits: the solved grid and which cells are blank.
  structure: (data) => `${renamed(solutionOf(data)).join('')} ${data.puzzle.map((digit) => (digit ? 1 : 0)).join('')}`,
  solution: (data) => solutionOf(data).join(''),
  traces: {
    steps: (data, random) => search(data, random, 0),
    search,
  },

  judge({ puzzle }, answer) {
    if (!/^[1-4]{16}$/.test(answer)) return null;
    const grid = [...answer].map(Number);
    const blanks = puzzle.flatMap((digit, cell) => (digit === 0 ? [cell] : []));
    const solution = solutionOf({ puzzle });
    const right = blanks.filter((cell) => grid[cell] === solution[cell]).length;
    const correct = grid.every((digit, cell) => digit === solution[cell]);
    return { correct, parts: { blanks_right: right / Math.max(1, blanks.length) } };
  },
  parts: ['blanks_right'],
});

const solutionOf = ({ puzzle }: SudokuData): number[] => completions(puzzle, 1)[0] ?? [];

/** Any of the 288: a random first row and box, then the first completion in a random order of digits. */
function randomGrid(random: CounterRandom): number[] {
  const empty = new Array<number>(CELLS).fill(0);
  const started = shuffled(random, [1, 2, 3, 4]).reduce((grid, digit, cell) => grid.with(cell, digit), empty);
  const all = completions(started, 288);
  return all[random.int(all.length)] ?? [];
}

/** Cells in order; before the right digit of a cell, digits that a unit forbids are tried and given up with NO. */
function search(data: SudokuData, random: CounterRandom, backtracks: number): string {
  const solution = solutionOf(data);
  const blanks = data.puzzle.flatMap((digit, cell) => (digit === 0 ? [cell] : []));
  const filledBefore = (cell: number) => data.puzzle.map((digit, at) => (at < cell ? (solution[at] ?? 0) : digit));
  const deadEnds = blanks.flatMap((cell) => conflicts(filledBefore(cell), cell).map((digit) => ({ cell, digit })));
  if (deadEnds.length < backtracks)
    throw new RangeError(`at most ${deadEnds.length} backtracks here, not ${backtracks}`);
  const chosen = shuffled(random, deadEnds).slice(0, backtracks);
  return blanks
    .flatMap((cell) => [
      ...chosen.filter((deadEnd) => deadEnd.cell === cell).map(({ digit }) => `${CELL_NAMES[cell]}${digit} NO`),
      `${CELL_NAMES[cell]}${solution[cell]}`,
    ])
    .join(' ');
}
