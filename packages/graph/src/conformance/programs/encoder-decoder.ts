// An encoder that does not see padding, and a causal decoder with cross attention to it; LayerNorm and GELU.

import { gelu } from '../../blocks/activations.js';
import { attention } from '../../blocks/attention.js';
import type { AttentionOptions } from '../../blocks/attention.js';
import { crossEntropy } from '../../blocks/cross-entropy.js';
import { layerNorm } from '../../blocks/normalisation.js';
import { add, less } from '../../ops/arithmetic.js';
import { gather } from '../../ops/indexing.js';
import { matmul } from '../../ops/matmul.js';
import { reshape, slice, transpose } from '../../ops/movement.js';
import { lengthOf } from '../../shape.js';
import type { Value } from '../../value.js';
import { ids, namedCase, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

const [batch, sourceLength, targetLength, width, heads] = [2, 5, 3, 6, 2];

/** [B·T, D] as [B, H, T, D/H]. */
function headsOf(x: Value, length: number): Value {
  return transpose(reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** `projection` [4, D, D] holds the matrices of query, key, value and output. */
function attend(x: Value, memory: Value, projection: Value, options: AttentionOptions): Value {
  const [queries, keys] = [lengthOf(x.shape, 0) / batch, lengthOf(memory.shape, 0) / batch];
  const matrix = (i: number) => reshape(slice(projection, 0, i, i + 1), [width, width]);
  const [q, k, v] = [matmul(x, matrix(0)), matmul(memory, matrix(1)), matmul(memory, matrix(2))];
  const mixed = attention(headsOf(q, queries), headsOf(k, keys), headsOf(v, keys), options);
  return matmul(reshape(transpose(mixed, [0, 2, 1, 3]), [batch * queries, width]), matrix(3));
}

export const encoderDecoder: ConformanceCase = namedCase(
  {
    source: ids(9, batch, sourceLength),
    target: ids(9, batch, targetLength),
    labels: ids(9, batch * targetLength),
    embedding: real(9, width),
    sourcePositions: small(sourceLength, width),
    encoderAttention: small(4, width, width),
    encoderNorm: real(width),
    encoderBias: small(width),
    encoderUp: small(width, 8),
    encoderDown: small(8, width),
    decoderAttention: small(4, width, width),
    crossAttention: small(4, width, width),
    decoderNorm: real(width),
    decoderBias: small(width),
  },
  (p) => {
    const rows = (x: Value) => reshape(x, [-1, width]);
    // Tokens 7 and 8 are padding.
    const mask = reshape(less(p.source, 7), [batch, 1, 1, sourceLength]);
    const embedded = rows(add(gather(p.embedding, p.source), p.sourcePositions));
    const attended = add(embedded, attend(embedded, embedded, p.encoderAttention, { mask }));
    const normed = layerNorm(attended, p.encoderNorm, p.encoderBias, 1e-5);
    const memory = add(normed, matmul(gelu(matmul(normed, p.encoderUp)), p.encoderDown));
    const x = rows(gather(p.embedding, p.target));
    const own = add(x, attend(x, x, p.decoderAttention, { causal: true }));
    const crossed = add(own, attend(own, memory, p.crossAttention, { mask }));
    const last = layerNorm(crossed, p.decoderNorm, p.decoderBias, 1e-5);
    return crossEntropy(matmul(last, p.embedding, { transposeB: true }), p.labels, 1 / (batch * targetLength));
  },
);
