/** Fixed parts of real data: which one an item is in depends on its structure alone, so that no seed moves a test item into training. */
import { stableHash } from './stable-hash.js';

export interface DataParts<Item> {
  readonly train: readonly Item[];
  readonly validation: readonly Item[];
  readonly test: readonly Item[];
}

export type SplitPart = keyof DataParts<unknown>;

/** Per cent of the structures in each held-out part; the rest is for training. */
export interface HeldOutPercent {
  readonly test: number;
  readonly validation: number;
}

const HELD_OUT: HeldOutPercent = { test: 20, validation: 10 };

/** The part that a structure belongs to, whatever else the data contains. */
export function partOfStructure(structure: string, { test, validation }: HeldOutPercent = HELD_OUT): SplitPart {
  const bucket = stableHash(`split:${structure}`) % 100;
  if (bucket < test) return 'test';
  return bucket < test + validation ? 'validation' : 'train';
}

export interface Keys<Item> {
  /** Tells the item from all others; decides the order. */
  readonly id: (item: Item) => string;
  readonly structure: (item: Item) => string;
  readonly heldOut?: HeldOutPercent;
}

/** Each part in a fixed shuffled order (by hash of the id), so any prefix is a fair sample. */
export function intoParts<Item>(items: readonly Item[], { id, structure, heldOut }: Keys<Item>): DataParts<Item> {
  const parts: Record<SplitPart, Item[]> = { train: [], validation: [], test: [] };
  const shuffled = items
    .map((item) => ({ item, name: id(item), key: stableHash(`order:${id(item)}`) }))
    .sort((a, b) => a.key - b.key || (a.name < b.name ? -1 : 1));
  for (const { item } of shuffled) parts[partOfStructure(structure(item), heldOut)].push(item);
  return parts;
}
