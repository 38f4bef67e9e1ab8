// Small expressions for every block, checked as those of the primitives are.

import * as activations from '../blocks/activations.js';
import { attention, causalAttention } from '../blocks/attention.js';
import * as losses from '../blocks/cross-entropy.js';
import { linearScan, sequentialScan } from '../blocks/linear-scan.js';
import type { Complex } from '../blocks/linear-scan.js';
import * as normalisation from '../blocks/normalisation.js';
import { avgPool, maxPool } from '../blocks/pooling.js';
import { recompute } from '../blocks/recompute.js';
import { rotaryEmbedding } from '../blocks/rotary-embedding.js';
import { gradients } from '../gradients.js';
import { cast, exp, less, mul, tanh } from '../ops/arithmetic.js';
import { matmul } from '../ops/matmul.js';
import { concat } from '../ops/movement.js';
import { sum } from '../ops/reduction.js';
import type { Value } from '../value.js';
import { ids, positive, real, small } from './conformance-case.js';
import type { CaseBuild, CaseInput, ConformanceCase } from './conformance-case.js';

const one = (inputs: readonly CaseInput[], build: CaseBuild): readonly ConformanceCase[] => [{ inputs, build }];

/** Four query heads of width 2 over two key heads. */
const grouped = [real(2, 4, 3, 2), real(2, 2, 3, 2), real(2, 2, 3, 2)];
/** Three queries over five keys whose values are wider. */
const crossed = [real(2, 2, 3, 2), real(2, 1, 5, 2), real(2, 1, 5, 4)];

function bothParts({ real, imaginary }: Complex): Value {
  return imaginary ? concat([real, imaginary], -1) : real;
}

const complexScan = (scan: typeof linearScan): readonly ConformanceCase[] => [
  ...one([small(2, 5, 3), small(2, 5, 3), real(2, 5, 3), real(2, 5, 3)], (a, b, c, d) =>
    bothParts(scan({ real: a, imaginary: b }, { real: c, imaginary: d }, 1)),
  ),
  ...one([small(7, 2), real(7, 2)], (a, b) => scan({ real: a }, { real: b }, 0).real),
];

/** The gradient of max pooling where many maxima are equal, as an expression that is linear in `weights`. */
function tiedPooling(numbers: Value, weights: Value): Value {
  const x = cast(numbers, 'f32');
  const [gradient] = gradients(sum(mul(maxPool(x, { size: 3, strides: 2, padding: 1 }), weights)), [x]);
  return gradient;
}

export const blockCases: Readonly<Record<string, readonly ConformanceCase[]>> = {
  silu: one([real(3, 4)], activations.silu),
  gelu: one([real(3, 4)], activations.gelu),
  geluTanh: one([real(3, 4)], activations.geluTanh),
  rmsNorm: one([real(2, 3, 4), real(4)], (x, w) => normalisation.rmsNorm(x, w, 1e-6)),
  layerNorm: one([real(2, 3, 4), real(4), real(4)], (x, w, b) => normalisation.layerNorm(x, w, b, 1e-5)),
  batchNorm: one([real(3, 2, 2, 3), real(2), real(2)], (x, w, b) => normalisation.batchNorm(x, w, b, 1e-5).value),
  frozenBatchNorm: one([real(3, 2, 4), real(2), real(2), positive(2)], (x, w, b, variance) =>
    normalisation.frozenBatchNorm(x, w, b, { mean: mul(b, 0.5), variance }, 1e-5),
  ),
  tokenLogProb: one([real(2, 3, 5), ids(5, 2, 3)], losses.tokenLogProb),
  crossEntropy: one([real(2, 3, 5), ids(5, 2, 3), real(2, 3)], losses.crossEntropy),
  softCrossEntropy: one([real(2, 3, 5), positive(2, 3, 5)], losses.softCrossEntropy),
  rotaryEmbedding: [
    ...one([real(2, 3, 4)], (x) => rotaryEmbedding(x, 100)),
    ...one([real(2, 2, 3, 6)], (x) => {
      const angles = Float32Array.from({ length: 6 }, (_, i) => i);
      const table = (f: (x: number) => number) => x.graph.emit('constant', [], { data: angles.map(f) }, 'f32', [3, 2]);
      return rotaryEmbedding(x, { cos: table(Math.cos), sin: table(Math.sin) });
    }),
  ],
  causalAttention: [
    ...one(grouped, (q, k, v) => causalAttention(q, k, v)),
    ...one(grouped, (q, k, v) => causalAttention(q, k, v, { window: 2, softcap: 1.5 })),
    ...one([real(2, 2, 3, 2), real(2, 1, 3, 2), real(2, 1, 3, 2), ids(2, 2, 1, 1, 3)], (q, k, v, hidden) =>
      causalAttention(q, k, v, { mask: mul(cast(hidden, 'f32'), -2), scale: 0.5 }),
    ),
  ],
  attention: [
    ...one(crossed, (q, k, v) => attention(q, k, v, { scale: 1, softcap: 2 })),
    ...one([...crossed, ids(4, 2, 1, 1, 5)], (q, k, v, numbers) => attention(q, k, v, { mask: less(numbers, 3) })),
  ],
  maxPool: [
    ...one([real(2, 2, 4, 6)], (x) => maxPool(x, { size: 2 })),
    ...one([real(1, 2, 5, 5)], (x) => maxPool(x, { size: 3, strides: 2, padding: 1 })),
    ...one([ids(2, 1, 2, 5, 5), real(1, 2, 3, 3)], tiedPooling),
  ],
  avgPool: [
    ...one([real(2, 3, 4, 4)], (x) => avgPool(x, { size: 2 })),
    ...one([real(1, 2, 5, 4)], (x) => avgPool(x, { size: [3, 2], strides: [2, 1], padding: 1 })),
  ],
  linearScan: complexScan(linearScan),
  sequentialScan: complexScan(sequentialScan),
  recompute: one([real(2, 3), real(3, 3)], (x, w) => recompute([x], (h) => exp(tanh(matmul(h, w))))),
};
