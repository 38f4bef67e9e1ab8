/** The geometry of a curve: pure numbers, so that it can be tested without a browser. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Frame {
  readonly minX: number;
  readonly maxX: number;
  readonly minY: number;
  readonly maxY: number;
}

/**
 * At most about `2 · buckets` points: of each bucket of neighbours the lowest and the highest, in order. Peaks survive,
 * which they would not if every n-th point were taken.
 */
export function thinned(points: readonly Point[], buckets: number): Point[] {
  if (points.length <= 2 * buckets) return [...points];
  const size = Math.ceil(points.length / buckets);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size);
    const low = bucket.reduce((a, b) => (b.y < a.y ? b : a));
    const high = bucket.reduce((a, b) => (b.y > a.y ? b : a));
    kept.push(...(low === high ? [low] : low.x <= high.x ? [low, high] : [high, low]));
  }
  return kept;
}

/** The range that holds every point, never empty. Undefined for no points. */
export function frameOf(points: readonly Point[]): Frame | undefined {
  if (points.length === 0) return undefined;
  const range = (values: number[]): [number, number] => {
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    return low === high ? [low - 0.5, high + 0.5] : [low, high];
  };
  const [minX, maxX] = range(points.map(({ x }) => x));
  const [minY, maxY] = range(points.map(({ y }) => y));
  return { minX, maxX, minY, maxY };
}

/** The `points` attribute of an SVG polyline in a box of the given size; y grows upwards. */
export function polyline(points: readonly Point[], frame: Frame, width: number, height: number): string {
  return points
    .map(({ x, y }) => {
      const left = ((x - frame.minX) / (frame.maxX - frame.minX)) * width;
      const top = height - ((y - frame.minY) / (frame.maxY - frame.minY)) * height;
      return `${left.toFixed(1)},${top.toFixed(1)}`;
    })
    .join(' ');
}
