// Causal scaled-dot-product attention with grouped queries. Query heads that share a key head are laid end to end, so
// every product is one larger GEMM a key head and the gradients of keys and values sum over the group by themselves.

import { add, mul, sub } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { matmul } from '../ops/matmul.js';
import { reshape } from '../ops/movement.js';
import { softmax, sum } from '../ops/reduction.js';
import { formatShape, lengthOf, sameShape, ShapeError } from '../shape.js';
import type { Value } from '../value.js';

/** Added to a score to hide it: large enough that its probability underflows to zero, small enough to stay finite. */
export const hiddenScore: number = -1e9;

export interface AttentionOptions {
  /** Multiplies the scores. Default 1/√D. */
  readonly scale?: number;
  /** Added to the scores of every head beside the causal mask: [B, 1, T, T] or broadcasting to it. 0 or `hiddenScore`. */
  readonly mask?: Value;
}

/**
 * Shapes: query [B, H, T, D], key and value [B, K, T, D] where K divides H (head h reads key head ⌊h·K/H⌋)
 * → [B, H, T, D]. Position t attends to positions ≤ t. Throws ShapeError for any other shapes.
 *
 * The gradient uses δ = Σ dO·O in place of Σ dP·P (Dao et al. 2022, FlashAttention, appendix B.2): it reads a row of D
 * rather than one of T.
 */
export function causalAttention(query: Value, key: Value, value: Value, options: AttentionOptions = {}): Value {
  const [batch, heads, length, width] = checkHeads(query, key, value);
  const keyHeads = lengthOf(key.shape, 1);
  const group = heads / keyHeads;
  const scale = options.scale ?? 1 / Math.sqrt(width);
  const joined = [batch, keyHeads, group * length, width];
  const scores = [batch, keyHeads, group, length, length];
  const flatScores = [batch, keyHeads, group * length, length];

  const q = reshape(query, joined);
  const logits = reshape(matmul(q, key, { transposeB: true, scale }), scores);
  const causal = add(logits, causalMask(query, length));
  const mask = options.mask && reshape(options.mask, options.mask.shape.toSpliced(2, 0, 1));
  const probabilities = reshape(softmax(mask ? add(causal, mask) : causal), flatScores);
  const output = matmul(probabilities, value);

  const attended = customGradient('causalAttention', [q, key, value], output, (dOutput) => {
    const delta = sum(mul(dOutput, output), { axes: [-1], keepDims: true });
    const dScores = mul(probabilities, sub(matmul(dOutput, value, { transposeB: true }), delta));
    return [
      matmul(dScores, key, { scale }),
      matmul(dScores, q, { transposeA: true, scale }),
      matmul(probabilities, dOutput, { transposeA: true }),
    ];
  });
  return reshape(attended, query.shape);
}

function checkHeads(query: Value, key: Value, value: Value): [number, number, number, number] {
  const [batch, heads, length, width] = query.shape;
  const keyHeads = key.shape[1] ?? 0;
  if (
    batch === undefined ||
    heads === undefined ||
    length === undefined ||
    width === undefined ||
    query.shape.length !== 4 ||
    !sameShape(key.shape, [batch, keyHeads, length, width]) ||
    !sameShape(value.shape, key.shape) ||
    heads % keyHeads !== 0
  ) {
    throw new ShapeError(
      'causalAttention: expected query B×H×T×D with key and value B×K×T×D where K divides H, got ' +
        [query, key, value].map(({ shape }) => formatShape(shape)).join(', '),
    );
  }
  return [batch, heads, length, width];
}

function causalMask(query: Value, length: number): Value {
  const mask_TT = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? hiddenScore : 0,
  );
  return query.graph.emit('constant', [], { data: mask_TT }, 'f32', [length, length]);
}
