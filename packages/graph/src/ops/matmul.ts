// Matrix products with transposition and scaling folded in, so that executors call one GEMM and move nothing first.

import { broadcastShapes, formatShape, lengthOf, ShapeError } from '../shape.js';
import type { Shape } from '../shape.js';
import { isA, operand } from '../value.js';
import type { Value } from '../value.js';
import { expectType } from './elementwise.js';
import { reshape } from './movement.js';

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Multiplies the product; free inside the GEMM. Default 1. */
  readonly scale?: number;
}

/**
 * `scale · op(a) · op(b)` on the last two axes; leading axes broadcast. Both operands need rank 2 or more.
 * Throws ShapeError when the inner lengths differ.
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  for (const x of [a, b]) expectType('matmul', x, 'f32');
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError(`matmul: needs matrices, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  if (swapsLastTwo(a)) return matmul(operand(a, 0), b, { transposeA: !transposeA, transposeB, scale });
  if (swapsLastTwo(b)) return matmul(a, operand(b, 0), { transposeA, transposeB: !transposeB, scale });
  const shape = productShape(a.shape, b.shape, transposeA, transposeB);
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    // One tall product instead of many small ones; its gradient for b is then one product too, with nothing to sum.
    const rows = reshape(a, [-1, lengthOf(a.shape, a.shape.length - 1)]);
    return reshape(matmul(rows, b, options), shape);
  }
  return a.graph.emit('matmul', [a, b], { transposeA, transposeB, scale }, 'f32', shape);
}

function swapsLastTwo(x: Value): boolean {
  if (!isA(x, 'transpose')) return false;
  const { permutation } = x.attributes;
  const rank = permutation.length;
  return permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
}

function productShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  const [rowsA, innerA] = matrixLengths(a, transposeA);
  const [innerB, columnsB] = matrixLengths(b, transposeB);
  if (innerA !== innerB) {
    const written = (shape: Shape, transposed: boolean) => formatShape(shape) + (transposed ? ' (transposed)' : '');
    throw new ShapeError(
      `matmul: ${written(a, transposeA)} and ${written(b, transposeB)} have inner lengths ${innerA} and ${innerB}`,
    );
  }
  return [...broadcastShapes([a.slice(0, -2), b.slice(0, -2)], 'matmul'), rowsA, columnsB];
}

function matrixLengths(shape: Shape, transposed: boolean): [number, number] {
  const [rows, columns] = [lengthOf(shape, shape.length - 2), lengthOf(shape, shape.length - 1)];
  return transposed ? [columns, rows] : [rows, columns];
}
