/**
 * A row's logits L as few numbers that keep distances: A·L·P for random signs A over positions and P over the vocabulary
 * (Johnson and Lindenstrauss). The published code flips signs and takes the real part of some rows of a Fourier transform on
 * both sides, which does the same with fewer operations; dense signs are a reconstruction. Its transforms are not normalised,
 * so distances are √(vocabulary · positions) / 2 times those of the logits; so they are here, for its weights to fit.
 */
import type { LogitSketch } from '@preheat/nn';
import { CounterRandom, fastUniforms } from '@preheat/ports';

export interface SketchShape {
  /** Numbers that stand for the positions of a row. */
  readonly rows: number;
  /** Numbers that stand for the vocabulary. */
  readonly columns: number;
}

/** What all rows of a phase are projected by. */
export interface Projection extends SketchShape {
  /** [vocabulary, columns]: ±√(vocabulary / (2 · columns)). */
  readonly vocabulary_VC: Float32Array;
  /** [positions, rows]: ±√(positions / (2 · rows)). */
  readonly positions_TR: Float32Array;
}

/** A pure function of the seed and the sizes. */
export function projectionOf(
  seed: number,
  { rows, columns }: SketchShape,
  { vocabulary, positions }: { readonly vocabulary: number; readonly positions: number },
): Projection {
  return {
    rows,
    columns,
    vocabulary_VC: signs(CounterRandom.fromSeed(seed).fork('vocabulary'), vocabulary, columns),
    positions_TR: signs(CounterRandom.fromSeed(seed).fork('positions'), positions, rows),
  };
}

function signs(random: CounterRandom, count: number, width: number): Float32Array {
  const draw = fastUniforms(random);
  const magnitude = Math.sqrt(count / (2 * width));
  return Float32Array.from({ length: count * width }, () => (draw() < 0.5 ? -magnitude : magnitude));
}

/** [rows · columns]: positions of the projected logits added up under each row's signs. */
export function sketchOf({ positions, projected_TR: projected_TC }: LogitSketch, projection: Projection): Float32Array {
  const { rows, columns, positions_TR } = projection;
  const sketch = new Float32Array(rows * columns);
  for (let t = 0; t < positions; t++) {
    for (let r = 0; r < rows; r++) {
      const sign = positions_TR[t * rows + r] ?? 0;
      for (let c = 0; c < columns; c++) {
        const at = r * columns + c;
        sketch[at] = (sketch[at] ?? 0) + sign * (projected_TC[t * columns + c] ?? 0);
      }
    }
  }
  return sketch;
}
