/**
 * The seam between recipes and the trainer: a sequence with, per token, the weight of each loss component. A recipe maps
 * its records to this; the trainer adds up the components and never learns which recipe runs.
 */
import type { LossSpec } from '../loss/loss-spec.js';
import type { InputMixture } from './input-mixture.js';
import type { TokenRecord } from './token-record.js';

/** All arrays have the length of `tokens`; entry `t` weighs the prediction of token `t`, so entry 0 is never used. */
export interface WeightedTokens {
  readonly tokens: Int32Array;
  /** What the model reads in part instead of the tokens; only for a loss that mixes inputs. */
  readonly mixture?: InputMixture;
  /** Weights of `−log π(token)`. */
  readonly crossEntropy?: Float32Array;
  readonly policyGradient?: PolicyTokens;
}

export interface PolicyTokens {
  /** How much the token counts among those of the batch; 0 leaves it out. */
  readonly weight: Float32Array;
  readonly advantage: Float32Array;
  /** Log-probabilities under the policy that sampled, at the sampling temperature. */
  readonly oldLogProb: Float32Array;
  /** Log-probabilities under a frozen reference, at the sampling temperature; needed only with a KL penalty. */
  readonly referenceLogProb?: Float32Array;
  /** What each was sampled at, above 0; needed only by a loss whose temperature is `per token`. Default: all at that of the loss. */
  readonly temperature?: Float32Array;
  /** What a value head is to say before each token, and what it said when the batch was collected. */
  readonly value?: { readonly returns: Float32Array; readonly old: Float32Array };
}

/** Imitate the trained tokens of a record, each by its weight. */
export function imitate(record: TokenRecord): WeightedTokens {
  const crossEntropy = record.advantageWeight.map((weight, t) => (record.trainMask[t] ? weight : 0));
  return { tokens: record.tokens, crossEntropy };
}

/**
 * Reinforce the trained tokens of a record by their advantages.
 * @param weight How much each token counts (aggregate-tokens.ts). Default: 1 where it is trained.
 */
export function reinforce(
  record: TokenRecord,
  referenceLogProb?: Float32Array,
  weight: Float32Array = Float32Array.from(record.trainMask),
): WeightedTokens {
  const { tokens, advantageWeight: advantage, logProb: oldLogProb, temperature } = record;
  const policy = { weight, advantage, oldLogProb, ...(temperature && { temperature }) };
  return { tokens, policyGradient: referenceLogProb ? { ...policy, referenceLogProb } : policy };
}

/** Whether no term of the loss has a gradient in this row. */
export function isInert(row: WeightedTokens, { policyGradient: spec, value }: LossSpec): boolean {
  if (row.crossEntropy?.some((weight, t) => t > 0 && weight !== 0)) return false;
  const policy = row.policyGradient;
  if (!policy) return true;
  const holdsAnyway = Boolean(value) || (spec !== null && (spec.klBeta > 0 || spec.entropyBonus > 0));
  return !policy.weight.some((weight, t) => t > 0 && weight !== 0 && (holdsAnyway || policy.advantage[t] !== 0));
}
