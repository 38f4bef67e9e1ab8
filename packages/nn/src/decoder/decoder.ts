/**
 * The decoder-only language model of any supported family, in the arithmetic of Hugging Face's model class. Parameter
 * names and shapes are exactly `decoderTensors(config)`, so weights move between training, checkpoints and inference
 * without a mapping; what a layer computes is `decoderArchitecture(config)`.
 */
import {
  type DecoderArchitecture,
  decoderArchitecture,
  type DecoderConfig,
  invariant,
  type NormModule,
  type TableModule,
} from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import { selfAttention } from './attention.js';
import { type DecoderParameters, parameterNamed } from './decoder-parameters.js';
import { feedForward } from './feed-forward.js';
import { linear } from './linear.js';
import { normalise } from './norms.js';
import { rotations } from './rotations.js';
import { canSharePrefixes, layTokens, type SharedPrefixes, withoutPrefixes } from './token-layout.js';

/** Next-token logits: tokens [B, T] → [B·T, V], row b·T + t predicting token t + 1 of sequence b. */
export function decoderLogits(parameters: DecoderParameters, config: DecoderConfig, tokens_BT: Value): Value {
  return logitsOf(parameters, config, decoderStates(parameters, config, tokens_BT));
}

/** Logits of states: [N, D] → [N, V]. */
export const logitsOf = (parameters: DecoderParameters, config: DecoderConfig, states_ND: Value): Value =>
  head(parameters, decoderArchitecture(config), states_ND);

/**
 * The normed states that logits are read from: tokens [B, T] → [B·T, D]. Attention is causal, so padding at the end of a
 * sequence changes nothing before it.
 */
export function decoderStates(
  parameters: DecoderParameters,
  config: DecoderConfig,
  tokens_BT: Value,
  { mixture = null, prefixes = null, recomputes = false }: StateOptions = {},
): Value {
  const architecture = decoderArchitecture(config);
  const { norm, activation } = architecture;
  invariant(!prefixes || (!mixture && canSharePrefixes(architecture)), 'these sequences cannot share prefixes');
  const { tokens, layout } = layTokens(tokens_BT, prefixes);
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const context = { parameters, rotate: rotations(headDim), norm, layout, heads, keyHeads, headDim };
  const normed = (x: Value, module: NormModule | undefined): Value =>
    module ? normalise(parameters, x, module, norm) : x;
  let x_ND = embed(parameters, architecture, tokens, mixture);
  for (const layer of architecture.layers) {
    const through = (before_ND: Value): Value => {
      const attended_ND = selfAttention(normed(before_ND, layer.inputNorm), layer, context);
      const between_ND = ops.add(before_ND, normed(attended_ND, layer.attentionOutputNorm));
      const fed_ND = feedForward(parameters, normed(between_ND, layer.feedForwardNorm), layer, activation);
      return ops.add(between_ND, normed(fed_ND, layer.feedForwardOutputNorm));
    };
    x_ND = recomputes ? blocks.recompute([x_ND], through) : through(x_ND);
  }
  return normed(withoutPrefixes(x_ND, layout), architecture.finalNorm);
}

export interface StateOptions {
  readonly mixture?: MixedInputs | null;
  /** What sequences go on from; the states are of `tokens_BT` alone. Default: nothing. */
  readonly prefixes?: SharedPrefixes | null;
  /** Whether the backward pass computes every layer again from its input instead of keeping what was in it. Default: no. */
  readonly recomputes?: boolean;
}

/** Other tokens [B, T], and how much of each input they are: (1 − share)·e(token) + share·e(other). */
export interface MixedInputs {
  readonly tokens_BT: Value;
  readonly shares_BT: Value;
}

/** Rows [N, D] of tokens [N] or [B, T], with their positions where those are learned. */
function embed(
  parameters: DecoderParameters,
  { embedding, embeddingScale, positions }: DecoderArchitecture,
  tokens: Value,
  mixture: MixedInputs | null,
): Value {
  const table = parameterNamed(parameters, `${embedding.name}.weight`);
  const own = ops.gather(table, tokens);
  const rows = mixture ? mixed(own, ops.gather(table, mixture.tokens_BT), mixture.shares_BT) : own;
  const scaled = embeddingScale === 1 ? rows : ops.mul(rows, embeddingScale);
  const placed = positions ? ops.add(scaled, learnedPositions(parameters, positions, tokens.shape[1] ?? 1)) : scaled;
  return ops.reshape(placed, [-1, embedding.width]);
}

function mixed(own_BTD: Value, other_BTD: Value, shares_BT: Value): Value {
  const shares_BT1 = ops.reshape(shares_BT, [...shares_BT.shape, 1]);
  return ops.add(ops.mul(own_BTD, ops.sub(1, shares_BT1)), ops.mul(other_BTD, shares_BT1));
}

/** [T, D]. Lengths are rounded up to few shapes, so padding may lie beyond the last position; it gets zeros. */
function learnedPositions(parameters: DecoderParameters, { name, rows }: TableModule, length: number): Value {
  const table = parameterNamed(parameters, `${name}.weight`);
  return ops.pad(ops.slice(table, 0, 0, Math.min(length, rows)), 0, 0, Math.max(0, length - rows));
}

function head(parameters: DecoderParameters, architecture: DecoderArchitecture, x_ND: Value): Value {
  const { head: own, embedding, finalSoftcap } = architecture;
  const logits = own
    ? linear(parameters, x_ND, own)
    : ops.matmul(x_ND, parameterNamed(parameters, `${embedding.name}.weight`), { transposeB: true });
  if (finalSoftcap === null) return logits;
  return ops.mul(ops.tanh(ops.mul(logits, 1 / finalSoftcap)), finalSoftcap);
}
