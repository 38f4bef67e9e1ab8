/** 4×4 sudoku grids: digits 1 to 4 once in every row, column and quarter. A grid is 16 cells, row by row; 0 is blank. */

export const CELLS = 16;
const DIGITS = [1, 2, 3, 4] as const;

/** Cells that share a row, a column or a quarter with each cell. */
const PEERS: readonly (readonly number[])[] = Array.from({ length: CELLS }, (_, cell) =>
  Array.from({ length: CELLS }, (_, other) => other).filter((other) => other !== cell && sharesUnit(cell, other)),
);

function sharesUnit(a: number, b: number): boolean {
  const [rowA, columnA, rowB, columnB] = [a >> 2, a & 3, b >> 2, b & 3];
  return rowA === rowB || columnA === columnB || (rowA >> 1 === rowB >> 1 && columnA >> 1 === columnB >> 1);
}

/** Digits that already stand in a unit of the cell. */
export function conflicts(grid: readonly number[], cell: number): number[] {
  const seen = new Set((PEERS[cell] ?? []).map((peer) => grid[peer]));
  return DIGITS.filter((digit) => seen.has(digit));
}

/** Completions of a grid, at most `limit`, trying digits in the given order. */
export function completions(grid: readonly number[], limit: number, order: readonly number[] = DIGITS): number[][] {
  const cell = grid.indexOf(0);
  if (cell < 0) return [[...grid]];
  const taken = conflicts(grid, cell);
  const found: number[][] = [];
  for (const digit of order) {
    if (taken.includes(digit)) continue;
    found.push(...completions(grid.with(cell, digit), limit - found.length, order));
    if (found.length >= limit) break;
  }
  return found;
}

/** The grid with digits renamed in the order in which they appear: the same for grids that differ by names alone. */
export function renamed(grid: readonly number[]): number[] {
  const names = new Map<number, number>();
  return grid.map((digit) => {
    if (!names.has(digit)) names.set(digit, names.size + 1);
    return names.get(digit) ?? 0;
  });
}
