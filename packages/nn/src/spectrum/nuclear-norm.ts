/**
 * The nuclear norm of a matrix L, the sum of its singular values, from its Gram matrix L·Lᵀ, whose eigenvalues are their
 * squares. Executors have no decomposition, and a Gram matrix is small where L has few rows, however wide it is.
 */
import { invariant } from '@preheat/contracts';

/** Far more than it takes: convergence is quadratic, and eight suffice for hundreds of rows. */
const MAX_SWEEPS = 40;
/** Of the squares of the matrix that may be left off the diagonal. */
const TOLERANCE = 1e-22;

/**
 * @param gram_TT Symmetric, row-major, `size` rows. In float32 it knows singular values to about 3e-4 of the largest.
 */
export function nuclearNorm(gram_TT: ArrayLike<number>, size: number): number {
  invariant(gram_TT.length === size * size, `${gram_TT.length} elements are no ${size}×${size} matrix`);
  const eigenvalues = symmetricEigenvalues(gram_TT, size);
  return eigenvalues.reduce((sum, eigenvalue) => sum + Math.sqrt(Math.max(0, eigenvalue)), 0);
}

/** In no order. The cyclic Jacobi method (Golub and Van Loan 2013, section 8.5). */
export function symmetricEigenvalues(matrix: ArrayLike<number>, size: number): Float64Array {
  const a = Float64Array.from(matrix);
  const total = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a, size) > TOLERANCE * total; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(a, size, p, q);
    }
  }
  return Float64Array.from({ length: size }, (_, i) => a[i * size + i] ?? 0);
}

function offDiagonal(a: Float64Array, size: number): number {
  return a.reduce((sum, value, at) => (at % (size + 1) === 0 ? sum : sum + value * value), 0);
}

/** The rotation in the plane of p and q that makes their element 0, from both sides. */
function rotate(a: Float64Array, size: number, p: number, q: number): void {
  const at = (row: number, column: number): number => a[row * size + column] ?? 0;
  if (at(p, q) === 0) return;
  const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (first: number, second: number): void => {
    const [x, y] = [a[first] ?? 0, a[second] ?? 0];
    a[first] = cosine * x - sine * y;
    a[second] = sine * x + cosine * y;
  };
  for (let k = 0; k < size; k++) turn(k * size + p, k * size + q);
  for (let k = 0; k < size; k++) turn(p * size + k, q * size + k);
}
