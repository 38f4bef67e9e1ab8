// Static shapes: sizes, equality and NumPy broadcasting. Every shape error of the package is a ShapeError, whose message
// names the operation, what it was given and what would have been accepted.

/** Lengths of the axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** An operation was given shapes (or element types) it cannot combine. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** `[2, 3]` as `2×3`; a scalar as `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Throws ShapeError unless every length is a positive integer (the graph has no empty tensors). */
export function checkShape(shape: Shape, what: string): void {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 1) {
      throw new ShapeError(`${what}: lengths must be positive integers, got [${shape.join(', ')}]`);
    }
  }
}

/** The length of `axis`, which may count from the end (-1 is the last). Throws ShapeError when out of range. */
export function resolveAxis(shape: Shape, axis: number, what: string): number {
  const resolved = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= shape.length) {
    throw new ShapeError(`${what}: axis ${axis} does not exist in a value of shape ${formatShape(shape)}`);
  }
  return resolved;
}

/** The length of one axis that is known to exist. */
export function lengthOf(shape: Shape, axis: number): number {
  const length = shape[axis];
  if (length === undefined) throw new ShapeError(`axis ${axis} does not exist in shape ${formatShape(shape)}`);
  return length;
}

/** Pads a shape with leading axes of length one up to `rank`. */
export function alignRank(shape: Shape, rank: number): Shape {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** The common shape of NumPy broadcasting. Throws ShapeError naming `what` when there is none. */
export function broadcastShapes(shapes: readonly Shape[], what: string): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const aligned = shapes.map((shape) => alignRank(shape, rank));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = new Set(aligned.map((shape) => lengthOf(shape, axis)).filter((length) => length !== 1));
    if (lengths.size > 1) {
      throw new ShapeError(
        `${what}: shapes ${shapes.map(formatShape).join(' and ')} do not broadcast ` +
          `(axis ${axis - rank} has lengths ${[...lengths].join(' and ')}; they must be equal or 1)`,
      );
    }
    const [length] = lengths;
    return length ?? 1;
  });
}
