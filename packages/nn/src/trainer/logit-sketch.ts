/** What is left of the logits of a row once they are too many to be handed out: enough to compare rows by. */
import { invariant } from '@preheat/contracts';
import type { Tensors } from '@preheat/executor';
import type { MicroBatchPlan } from './plan-micro-batches.js';
import { SKETCH } from './training-program.js';

/** Of the logits L, one row a predicted position. */
export interface LogitSketch {
  readonly positions: number;
  /** L·Lᵀ. */
  readonly gram_TT: Float32Array;
  /** L·P for a projection P of the vocabulary. */
  readonly projected_TR: Float32Array;
}

/** The sketch of the row at `place` in the outputs of a micro-batch, without its padding. */
export function sketchAt(
  outputs: Tensors,
  { length }: MicroBatchPlan,
  place: number,
  positions: number,
  width: number,
): LogitSketch {
  const [gram, projected] = [outputs[SKETCH.gram], outputs[SKETCH.projected]];
  invariant(gram && projected, 'a program of sketches returns both');
  const gram_TT = new Float32Array(positions * positions);
  for (let t = 0; t < positions; t++) {
    const start = (place * length + t) * length;
    gram_TT.set(gram.subarray(start, start + positions), t * positions);
  }
  const start = place * length * width;
  return { positions, gram_TT, projected_TR: projected.slice(start, start + positions * width) };
}
