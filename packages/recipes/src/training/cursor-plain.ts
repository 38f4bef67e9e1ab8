/** The plain part of a snapshot of every recipe that walks through the rows of a file: where it stands, and nothing else. */
import type { RowCursor } from '@preheat/nn';
import Type from 'typebox';
import { readPlain } from './trainer-state.js';

export interface Standing {
  /** Steps done. */
  readonly step: number;
  /** Updates the optimiser took; steps without a signal take none. */
  readonly updates: number;
  readonly cursor: RowCursor;
}

export const cursorPlain = (recipe: string, standing: Standing) => ({ schemaVersion: 1, recipe, ...standing });

/** @throws InvariantError when another recipe, or another version of it, wrote it. */
export function readCursorPlain(plain: unknown, recipe: string): Standing {
  const count = Type.Integer({ minimum: 0 });
  const schema = Type.Object({
    schemaVersion: Type.Literal(1),
    recipe: Type.Literal(recipe),
    step: count,
    updates: count,
    cursor: Type.Object({ epoch: count, offset: count }),
  });
  const { step, updates, cursor } = readPlain(schema, plain, recipe);
  return { step, updates, cursor };
}
