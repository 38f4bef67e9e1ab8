// Reading and writing by number: embeddings, chosen classes, one-hot rows. Ids are `i32` and must be within range;
// executors do not check them, so data is validated where it enters.

import { formatShape, lengthOf, sameShape, ShapeError } from '../shape.js';
import type { Shape } from '../shape.js';
import type { Value } from '../value.js';
import { expectType } from './elementwise.js';

/** `(table [R, …], ids [S…]) → [S…, …]`: an embedding look-up. */
export function gather(table: Value, ids: Value): Value {
  expectType('gather', table, 'f32');
  expectType('gather', ids, 'i32');
  if (table.shape.length === 0) throw new ShapeError('gather: the table has no rows');
  return table.graph.emit('gather', [table, ids], {}, 'f32', [...ids.shape, ...table.shape.slice(1)]);
}

/** `(values [N, D], ids [N]) → [rows, D]`: adds up the rows that share an id. The gradient of `gather`. */
export function segmentSum(values: Value, ids: Value, rows: number): Value {
  expectType('segmentSum', values, 'f32');
  expectType('segmentSum', ids, 'i32');
  const [count, width] = values.shape;
  if (width === undefined || values.shape.length !== 2 || !sameShape(ids.shape, [lengthOf(values.shape, 0)])) {
    throw new ShapeError(
      `segmentSum: expected values N×D and ids N, got ${formatShape(values.shape)} and ${formatShape(ids.shape)}`,
    );
  }
  if (count === undefined || !Number.isInteger(rows) || rows < 1) throw new ShapeError(`segmentSum: ${rows} rows`);
  return values.graph.emit('segmentSum', [values, ids], {}, 'f32', [rows, width]);
}

function checkAlong(primitive: 'takeAlong' | 'addAlong', x: Value, ids: Value): Shape {
  expectType(primitive, x, 'f32');
  expectType(primitive, ids, 'i32');
  const rows = x.shape.slice(0, -1);
  if (x.shape.length === 0 || !sameShape(rows, ids.shape)) {
    throw new ShapeError(
      `${primitive}: ids of shape ${formatShape(ids.shape)} do not choose one element in each row of ${formatShape(x.shape)}`,
    );
  }
  return rows;
}

/** `(x [S…, V], ids [S…]) → [S…]`: picks one element of each row, such as the log-probability of the token that came. */
export function takeAlong(x: Value, ids: Value): Value {
  const rows = checkAlong('takeAlong', x, ids);
  return x.graph.emit('takeAlong', [x, ids], {}, 'f32', rows);
}

/** `(x [S…, V], ids [S…], updates [S…]) → [S…, V]`: adds to one element of each row. */
export function addAlong(x: Value, ids: Value, updates: Value): Value {
  const rows = checkAlong('addAlong', x, ids);
  expectType('addAlong', updates, 'f32');
  if (!sameShape(updates.shape, rows)) {
    throw new ShapeError(`addAlong: updates ${formatShape(updates.shape)} do not match ids ${formatShape(rows)}`);
  }
  return x.graph.emit('addAlong', [x, ids, updates], {}, 'f32', x.shape);
}

/** `ids [S…] → f32 [S…, classes]`: 1 at the id, 0 elsewhere. */
export function oneHot(ids: Value, classes: number): Value {
  expectType('oneHot', ids, 'i32');
  if (!Number.isInteger(classes) || classes < 1) throw new ShapeError(`oneHot: ${classes} classes`);
  return ids.graph.emit('oneHot', [ids], {}, 'f32', [...ids.shape, classes]);
}
