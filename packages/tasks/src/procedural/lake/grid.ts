/** Square lakes as strings of cells, row by row: `.` ice, `o` a hole, `s` the start, `g` the goal. */

export const MOVES = ['r', 'd', 'l', 'u'] as const;
export type Move = (typeof MOVES)[number];

const DIRECTIONS: Readonly<Record<Move, readonly [row: number, column: number]>> = {
  r: [0, 1],
  d: [1, 0],
  l: [0, -1],
  u: [-1, 0],
};

/** The cell that a move leads to; null over the edge or into a hole. */
function moved(cells: string, size: number, from: number, move: Move): number | null {
  const [down, right] = DIRECTIONS[move];
  const [row, column] = [Math.floor(from / size) + down, (from % size) + right];
  if (row < 0 || column < 0 || row >= size || column >= size) return null;
  const to = row * size + column;
  return cells[to] === 'o' ? null : to;
}

/** Whether these moves lead from the start to the goal, and end there. */
export function reachesGoal(cells: string, size: number, path: string): boolean {
  let at: number | null = cells.indexOf('s');
  for (const move of path) {
    at = at === null ? null : moved(cells, size, at, move as Move);
  }
  return at !== null && cells[at] === 'g';
}

/** A shortest path, of several the first by the order of moves; null where the goal cannot be reached. */
export function shortestPath(cells: string, size: number): string | null {
  const start = cells.indexOf('s');
  const paths = new Map([[start, '']]);
  const queue = [start];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const path = paths.get(at) ?? '';
    if (cells[at] === 'g') return path;
    for (const move of MOVES) {
      const to = moved(cells, size, at, move);
      if (to === null || paths.has(to)) continue;
      paths.set(to, path + move);
      queue.push(to);
    }
  }
  return null;
}

/** The first of its rotations and reflections: lakes that differ by these are one problem with moves renamed. */
export function upToSymmetry(cells: string, size: number): string {
  const turned = (from: string) => remapped(from, size, (row, column) => [size - 1 - column, row]);
  const mirrored = (from: string) => remapped(from, size, (row, column) => [row, size - 1 - column]);
  const turns = [cells];
  while (turns.length < 4) turns.push(turned(turns.at(-1) ?? cells));
  return [...turns, ...turns.map(mirrored)].sort()[0] ?? cells;
}

function remapped(cells: string, size: number, source: (row: number, column: number) => [number, number]): string {
  return Array.from(cells, (_, at) => {
    const [row, column] = source(Math.floor(at / size), at % size);
    return cells[row * size + column];
  }).join('');
}
