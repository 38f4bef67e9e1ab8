// A convolutional classifier with batch norm, both poolings, a strided depthwise convolution and smoothed labels.

import { silu } from '../../blocks/activations.js';
import { softCrossEntropy } from '../../blocks/cross-entropy.js';
import { batchNorm } from '../../blocks/normalisation.js';
import { avgPool, maxPool } from '../../blocks/pooling.js';
import { add, mul, relu } from '../../ops/arithmetic.js';
import { conv } from '../../ops/convolution.js';
import { oneHot } from '../../ops/indexing.js';
import { matmul } from '../../ops/matmul.js';
import { mean } from '../../ops/reduction.js';
import { ids, namedCase, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

const smoothing = 0.1;
const classes = 3;

export const convolutional: ConformanceCase = namedCase(
  {
    images: real(3, 2, 8, 8),
    labels: ids(classes, 3),
    first: small(4, 2, 3, 3),
    firstNorm: real(4),
    firstBias: small(4),
    depthwise: small(4, 1, 3, 3),
    pointwise: small(6, 4, 1, 1),
    secondNorm: real(6),
    secondBias: small(6),
    head: small(6, classes),
  },
  (p) => {
    const edges = relu(batchNorm(conv(p.images, p.first, { padding: 1 }), p.firstNorm, p.firstBias, 1e-5).value);
    const halved = maxPool(edges, { size: 3, strides: 2, padding: 1 });
    const filtered = conv(conv(halved, p.depthwise, { strides: 2, padding: 1, groups: 4 }), p.pointwise);
    const mixed = silu(batchNorm(filtered, p.secondNorm, p.secondBias, 1e-5).value);
    const features = mean(avgPool(mixed, { size: 2 }), { axes: [2, 3] });
    const targets = add(mul(oneHot(p.labels, classes), 1 - smoothing), smoothing / classes);
    return mean(softCrossEntropy(matmul(features, p.head), targets));
  },
);
