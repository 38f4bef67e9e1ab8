// Interval bound propagation (Gowal et al. 2018): bounds of a network's outputs over a box around its input, and the
// cross-entropy of the worst case inside.

import { crossEntropy } from '../../blocks/cross-entropy.js';
import { abs, add, greater, mul, relu, sub, where } from '../../ops/arithmetic.js';
import { oneHot } from '../../ops/indexing.js';
import { matmul } from '../../ops/matmul.js';
import type { Value } from '../../value.js';
import { ids, namedCase, positive, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

interface Interval {
  readonly lower: Value;
  readonly upper: Value;
}

/** The image of a box under `x·w + b`: its middle moves, its half-width grows by |w|. */
function affine({ lower, upper }: Interval, w: Value, b: Value): Interval {
  const middle = add(matmul(mul(add(lower, upper), 0.5), w), b);
  const half = matmul(mul(sub(upper, lower), 0.5), abs(w));
  return { lower: sub(middle, half), upper: add(middle, half) };
}

export const intervalBounds: ConformanceCase = namedCase(
  {
    x: real(4, 3),
    radius: positive(1, 3),
    labels: ids(3, 4),
    first: small(3, 6),
    firstBias: small(6),
    second: small(6, 3),
    secondBias: small(3),
  },
  (p) => {
    const hidden = affine({ lower: sub(p.x, p.radius), upper: add(p.x, p.radius) }, p.first, p.firstBias);
    const bounds = affine({ lower: relu(hidden.lower), upper: relu(hidden.upper) }, p.second, p.secondBias);
    const worst = where(greater(oneHot(p.labels, 3), 0.5), bounds.lower, bounds.upper);
    return crossEntropy(worst, p.labels, 1 / 4);
  },
);
