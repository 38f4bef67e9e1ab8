/** What was trained on of late, as sketches in the order in which they were kept; the oldest leave first. */
import type { Tensor } from '@preheat/checkpoints';

/** Mean Euclidean distance of a sketch to the remembered ones; 0 when there are none. */
export function meanDistance(sketch: Float32Array, memory: Tensor | null): number {
  const [count = 0, width = 1] = memory?.shape ?? [];
  if (!memory || count === 0) return 0;
  let total = 0;
  for (let row = 0; row < count; row++) {
    let square = 0;
    for (let i = 0; i < width; i++) square += ((sketch[i] ?? 0) - (memory.data[row * width + i] ?? 0)) ** 2;
    total += Math.sqrt(square);
  }
  return total / count;
}

/** The memory with further sketches, at most `capacity` in all. */
export function remember(memory: Tensor | null, sketches: readonly Float32Array[], capacity: number): Tensor | null {
  const width = memory?.shape[1] ?? sketches[0]?.length;
  if (width === undefined) return memory;
  const known = memory?.data ?? new Float32Array();
  const all = new Float32Array(known.length + sketches.length * width);
  all.set(known);
  sketches.forEach((sketch, i) => all.set(sketch, known.length + i * width));
  const data = all.slice(Math.max(0, all.length - capacity * width));
  return { shape: [data.length / width, width], data };
}
