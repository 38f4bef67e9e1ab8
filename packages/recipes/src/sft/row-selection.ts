/** Which rows of a batch are trained on, where that is decided by what the current weights make of them. */
import type { Tensor } from '@preheat/checkpoints';
import type { RowBatch, TokenRecord, Trainer } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';

export interface Batch {
  readonly records: readonly TokenRecord[];
  readonly drawn: RowBatch;
}

/** A batch before rows are chosen from it. */
export interface Candidates {
  readonly trainer: Trainer;
  readonly records: readonly TokenRecord[];
  /** What the selection before remembered; null at the first step. */
  readonly memory: Tensor | null;
  /** Number of the step, from 1. */
  readonly step: number;
}

export interface Selection {
  /** Places in the batch, ascending; at least one. */
  readonly places: readonly number[];
  /** For the selection after; part of every snapshot. */
  readonly memory: Tensor | null;
  readonly metrics: Readonly<Record<string, number>>;
}

export type SelectRows<Config> = (ctx: RecipeContext<Config>, candidates: Candidates) => Promise<Selection>;

/** The rows of a batch that are trained on, in their order; all of them without a selection. */
export async function chosenRows<Config>(
  select: SelectRows<Config> | undefined,
  ctx: RecipeContext<Config>,
  { records, drawn }: Batch,
  state: Omit<Candidates, 'records'>,
): Promise<Batch & Omit<Selection, 'places'>> {
  if (!select) return { records, drawn, memory: state.memory, metrics: {} };
  const { places, memory, metrics } = await select(ctx, { ...state, records });
  return {
    records: places.flatMap((place) => records[place] ?? []),
    drawn: { ...drawn, rows: Int32Array.from(places, (place) => drawn.rows[place] ?? 0) },
    memory,
    metrics,
  };
}
