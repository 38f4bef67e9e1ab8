/**
 * Minimum-cost assignment of n rows to n columns by shortest augmenting paths with potentials (Kuhn 1955; Jonker and
 * Volgenant 1987), O(n³). Exact up to rounding; some seconds for a thousand rows.
 */

export interface Assignment {
  readonly cost: number;
  /** Column of each row. */
  readonly columns: Int32Array;
}

/** @param costs Row-major, `size` × `size`, finite. */
export function minimumCostAssignment(costs: Float64Array, size: number): Assignment {
  const search = new Search(costs, size);
  for (let row = 1; row <= size; row++) search.assign(row);
  const columns = new Int32Array(size);
  let cost = 0;
  for (let column = 1; column <= size; column++) {
    const row = (search.rowOf[column] as number) - 1;
    columns[row] = column - 1;
    cost += costs[row * size + column - 1] as number;
  }
  return { cost, columns };
}

/** Rows and columns count from 1; column 0 is where the row to be assigned stands. */
class Search {
  readonly rowOf: Int32Array;
  readonly #costs: Float64Array;
  readonly #size: number;
  readonly #rowPotential: Float64Array;
  readonly #columnPotential: Float64Array;
  readonly #previous: Int32Array;

  constructor(costs: Float64Array, size: number) {
    this.#costs = costs;
    this.#size = size;
    this.rowOf = new Int32Array(size + 1);
    this.#previous = new Int32Array(size + 1);
    this.#rowPotential = new Float64Array(size + 1);
    this.#columnPotential = new Float64Array(size + 1);
  }

  assign(row: number): void {
    this.rowOf[0] = row;
    const shortest = new Float64Array(this.#size + 1).fill(Infinity);
    const isDone = new Uint8Array(this.#size + 1);
    let column = 0;
    while (this.rowOf[column] !== 0) column = this.#grow(column, shortest, isDone);
    while (column !== 0) {
      const before = this.#previous[column] as number;
      this.rowOf[column] = this.rowOf[before] as number;
      column = before;
    }
  }

  /** Adds a column to the tree of shortest paths and goes on to the nearest one outside. */
  #grow(from: number, shortest: Float64Array, isDone: Uint8Array): number {
    const [size, costs, columnPotential] = [this.#size, this.#costs, this.#columnPotential];
    isDone[from] = 1;
    const row = this.rowOf[from] as number;
    const [offset, potential] = [(row - 1) * size - 1, this.#rowPotential[row] as number];
    let [nearest, delta] = [0, Infinity];
    for (let column = 1; column <= size; column++) {
      if (isDone[column]) continue;
      const reduced = (costs[offset + column] as number) - potential - (columnPotential[column] as number);
      if (reduced < (shortest[column] as number)) {
        shortest[column] = reduced;
        this.#previous[column] = from;
      }
      if ((shortest[column] as number) < delta) [delta, nearest] = [shortest[column] as number, column];
    }
    this.#shift(delta, shortest, isDone);
    return nearest;
  }

  #shift(delta: number, shortest: Float64Array, isDone: Uint8Array): void {
    for (let column = 0; column <= this.#size; column++) {
      if (isDone[column]) {
        const row = this.rowOf[column] as number;
        this.#rowPotential[row] = (this.#rowPotential[row] as number) + delta;
        this.#columnPotential[column] = (this.#columnPotential[column] as number) - delta;
      } else {
        shortest[column] = (shortest[column] as number) - delta;
      }
    }
  }
}
