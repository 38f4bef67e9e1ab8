/** The domains of training rows: which each belongs to, and how large they are. */
import type { TrainingRow } from '../recipe.js';

export interface Domains {
  /** Of every row. */
  readonly names: readonly string[];
  /** By the order in which domains first occur. */
  readonly sizes: readonly number[];
  /** Index into `sizes` of every row. */
  readonly indices: readonly number[];
}

/** Index of the smallest domain, the first of those that are. */
export const smallestOf = (sizes: readonly number[]): number =>
  sizes.reduce((smallest, size, index) => (size < (sizes[smallest] ?? Infinity) ? index : smallest), 0);

export function domainsOf(rows: readonly TrainingRow[], key: string): Domains {
  const names = rows.map((row) => (row[key] === undefined ? '' : JSON.stringify(row[key])));
  const known = new Map<string, number>();
  const sizes: number[] = [];
  const indices = names.map((name) => {
    const index = known.get(name) ?? sizes.push(0) - 1;
    known.set(name, index);
    sizes[index] = (sizes[index] ?? 0) + 1;
    return index;
  });
  return { names, sizes, indices };
}
