// A decoder layer with rotary positions, RMSNorm, SwiGLU, grouped queries and low-rank adapters (Hu et al. 2021, LoRA),
// under a language-model head and a value head.

import { silu } from '../../blocks/activations.js';
import { causalAttention } from '../../blocks/attention.js';
import { crossEntropy } from '../../blocks/cross-entropy.js';
import { rmsNorm } from '../../blocks/normalisation.js';
import { rotaryEmbedding } from '../../blocks/rotary-embedding.js';
import { add, mul, square, sub } from '../../ops/arithmetic.js';
import { gather } from '../../ops/indexing.js';
import { matmul } from '../../ops/matmul.js';
import { reshape, transpose } from '../../ops/movement.js';
import { mean } from '../../ops/reduction.js';
import type { Value } from '../../value.js';
import { ids, namedCase, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

const [batch, length, width, headWidth] = [2, 4, 8, 2];
const epsilon = 1e-6;

const linear = (x: Value, weight: Value) => matmul(x, weight, { transposeB: true });

/** A base matrix and its update `scale · up · down` of rank 2. */
function adapted(x: Value, base: Value, down: Value, up: Value): Value {
  return add(linear(x, base), matmul(linear(x, down), up, { transposeB: true, scale: 2 }));
}

const headsFirst = (x: Value) => transpose(reshape(x, [batch, length, -1, headWidth]), [0, 2, 1, 3]);

export const adaptedDecoder: ConformanceCase = namedCase(
  {
    tokens: ids(7, batch, length),
    targets: ids(7, batch * length),
    weights: real(batch * length),
    returns: real(batch * length),
    embedding: real(7, width),
    attentionNorm: real(width),
    query: small(width, width),
    queryDown: small(2, width),
    queryUp: small(width, 2),
    key: small(4, width),
    value: small(4, width),
    valueDown: small(2, width),
    valueUp: small(4, 2),
    output: small(width, width),
    feedForwardNorm: real(width),
    gate: small(6, width),
    up: small(6, width),
    down: small(width, 6),
    finalNorm: real(width),
    head: small(7, width),
    valueHead: small(1, width),
  },
  (p) => {
    const x = reshape(gather(p.embedding, p.tokens), [batch * length, width]);
    const h = rmsNorm(x, p.attentionNorm, epsilon);
    const q = rotaryEmbedding(headsFirst(adapted(h, p.query, p.queryDown, p.queryUp)), 10_000);
    const k = rotaryEmbedding(headsFirst(linear(h, p.key)), 10_000);
    const v = headsFirst(adapted(h, p.value, p.valueDown, p.valueUp));
    const mixed = reshape(transpose(causalAttention(q, k, v), [0, 2, 1, 3]), [batch * length, width]);
    const attended = add(x, linear(mixed, p.output));
    const f = rmsNorm(attended, p.feedForwardNorm, epsilon);
    const y = add(attended, linear(mul(silu(linear(f, p.gate)), linear(f, p.up)), p.down));
    const last = rmsNorm(y, p.finalNorm, epsilon);
    const values = reshape(linear(last, p.valueHead), [batch * length]);
    const valueLoss = mul(mean(square(sub(values, p.returns))), 0.5);
    return add(crossEntropy(linear(last, p.head), p.targets, p.weights), valueLoss);
  },
);
