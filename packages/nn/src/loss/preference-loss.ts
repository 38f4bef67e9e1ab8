/**
 * Losses over pairs of answers, of which one is preferred. Each is a function of the two answers' log-probabilities alone,
 * so its gradient is a factor for either answer: a recipe scores both, takes the slopes from here and trains on weighted
 * cross-entropy. Pairs need not share a micro-batch, and the trainer learns of no pairs.
 */
import { invariant } from '@preheat/contracts';

/**
 * - `sigmoid`: DPO, −log σ(β·margin over the reference) (Rafailov et al. 2023, arXiv 2305.18290, eq. 7).
 * - `ipo`: (margin of the means − 1/(2β))² (Azar et al. 2023, arXiv 2310.12036, eq. 17), with the mean over tokens that
 *   its authors confirmed to trl's.
 * - `simpo`: −log σ(β·margin of the means − γ), without a reference (Meng et al. 2024, arXiv 2405.14734, eq. 6).
 * - `orpo`: cross-entropy of the preferred answer + β·(−log σ(log odds ratio)), without a reference (Hong et al. 2024,
 *   arXiv 2403.07691, eq. 6 and 7).
 */
export const PREFERENCE_LOSSES = ['sigmoid', 'ipo', 'simpo', 'orpo'] as const;
export type PreferenceLoss = (typeof PREFERENCE_LOSSES)[number];

export interface PreferenceSpec {
  readonly loss: PreferenceLoss;
  readonly beta: number;
  /** γ of SimPO: by how much the preferred answer is to lead. */
  readonly targetMargin: number;
}

/** One answer; log-probabilities are sums over its tokens, in nats. */
export interface ScoredAnswer {
  readonly logProb: number;
  readonly tokens: number;
  /** Under the reference; null where the loss has none. */
  readonly referenceLogProb: number | null;
}

export interface PairLoss {
  readonly loss: number;
  /** Derivatives of the loss by the summed log-probability of either answer. */
  readonly chosenSlope: number;
  readonly rejectedSlope: number;
  /** What the loss takes for the rewards of the answers. */
  readonly chosenReward: number;
  readonly rejectedReward: number;
}

/** Whether the loss compares with a frozen reference. */
export const needsReference = (loss: PreferenceLoss): boolean => loss === 'sigmoid' || loss === 'ipo';

/** Below 0 by this much at least, where 1 − p would vanish. */
const MOST_LOG_PROB = -1e-7;

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
/** −log σ(x), without overflow. */
const negLogSigmoid = (x: number): number => Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** @throws InvariantError when the loss needs a reference and has none. */
export function preferenceLoss(chosen: ScoredAnswer, rejected: ScoredAnswer, spec: PreferenceSpec): PairLoss {
  const { loss, beta, targetMargin } = spec;
  const [perChosen, perRejected] = [1 / Math.max(1, chosen.tokens), 1 / Math.max(1, rejected.tokens)];
  if (loss === 'sigmoid') {
    return logistic(beta * overReference(chosen), beta * overReference(rejected), 0, [beta, beta]);
  }
  if (loss === 'ipo') return squared(chosen, rejected, beta, [perChosen, perRejected]);
  const [c, r] = [chosen.logProb * perChosen, rejected.logProb * perRejected];
  if (loss === 'simpo') return logistic(beta * c, beta * r, targetMargin, [beta * perChosen, beta * perRejected]);
  return oddsRatio(Math.min(c, MOST_LOG_PROB), Math.min(r, MOST_LOG_PROB), beta, [perChosen, perRejected]);
}

type Factors = readonly [chosen: number, rejected: number];

/** −log σ(c − r − margin) of two rewards; `factors` are their derivatives by the summed log-probabilities. */
function logistic(c: number, r: number, margin: number, [perChosen, perRejected]: Factors): PairLoss {
  const pull = sigmoid(margin - c + r);
  return {
    loss: negLogSigmoid(c - r - margin),
    chosenSlope: -pull * perChosen,
    rejectedSlope: pull * perRejected,
    chosenReward: c,
    rejectedReward: r,
  };
}

function squared(chosen: ScoredAnswer, rejected: ScoredAnswer, beta: number, per: Factors): PairLoss {
  const [c, r] = [overReference(chosen), overReference(rejected)];
  const miss = c * per[0] - r * per[1] - 1 / (2 * beta);
  return {
    loss: miss ** 2,
    chosenSlope: 2 * miss * per[0],
    rejectedSlope: -2 * miss * per[1],
    chosenReward: beta * c,
    rejectedReward: beta * r,
  };
}

/** c and r are mean log-probabilities. d/dc of log(p / (1 − p)) with p = e^c is 1 / (1 − p). */
function oddsRatio(c: number, r: number, beta: number, per: Factors): PairLoss {
  const logOdds = (x: number): number => x - Math.log(-Math.expm1(x));
  const z = logOdds(c) - logOdds(r);
  const pull = beta * sigmoid(-z);
  return {
    loss: -c + beta * negLogSigmoid(z),
    chosenSlope: (-1 + pull / Math.expm1(c)) * per[0],
    rejectedSlope: (-pull / Math.expm1(r)) * per[1],
    chosenReward: beta * c,
    rejectedReward: beta * r,
  };
}

function overReference({ logProb, referenceLogProb }: ScoredAnswer): number {
  invariant(referenceLogProb !== null, 'this preference loss needs log-probabilities of a reference');
  return logProb - referenceLogProb;
}
