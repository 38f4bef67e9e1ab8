// A tensor of the float64 reference.

import type { Shape } from '../shape.js';

/** Row-major numbers; booleans are 0 and 1, integers exact. */
export interface ReferenceTensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}
