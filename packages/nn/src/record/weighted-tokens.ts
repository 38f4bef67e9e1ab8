/**
 * The seam between recipes and the trainer: a sequence with, per token, the weight of each loss component. A recipe maps
 * its records to this; the trainer adds up the components and never learns which recipe runs.
 */
import type { TokenRecord } from './token-record.js';

/** All arrays have the length of `tokens`; entry `t` weighs the prediction of token `t`, so entry 0 is never used. */
export interface WeightedTokens {
  readonly tokens: Int32Array;
  /** Weights of `−log π(token)`. */
  readonly crossEntropy?: Float32Array;
  readonly policyGradient?: PolicyTokens;
}

export interface PolicyTokens {
  /** 1 where the token counts. */
  readonly mask: Uint8Array;
  readonly advantage: Float32Array;
  /** Log-probabilities under the policy that sampled, at the sampling temperature. */
  readonly oldLogProb: Float32Array;
  /** Log-probabilities under a frozen reference, at the sampling temperature; needed only with a KL penalty. */
  readonly referenceLogProb?: Float32Array;
}

/** Imitate the trained tokens of a record, each by its weight. */
export function imitate(record: TokenRecord): WeightedTokens {
  const crossEntropy = record.advantageWeight.map((weight, t) => (record.trainMask[t] ? weight : 0));
  return { tokens: record.tokens, crossEntropy };
}

/** Reinforce the trained tokens of a record by their advantages. */
export function reinforce(record: TokenRecord, referenceLogProb?: Float32Array): WeightedTokens {
  const { tokens, trainMask: mask, advantageWeight: advantage, logProb: oldLogProb } = record;
  const policy = { mask, advantage, oldLogProb };
  return { tokens, policyGradient: referenceLogProb ? { ...policy, referenceLogProb } : policy };
}

/** Whether every policy-gradient term of the row vanishes and nothing else is asked of it. */
export function isInert(row: WeightedTokens): boolean {
  if (row.crossEntropy?.some((weight, t) => t > 0 && weight !== 0)) return false;
  const policy = row.policyGradient;
  if (!policy) return true;
  if (policy.referenceLogProb) return false;
  return !policy.advantage.some((advantage, t) => t > 0 && advantage !== 0 && policy.mask[t] === 1);
}
