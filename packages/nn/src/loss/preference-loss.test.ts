import { describe, expect, it } from 'vitest';
import { PREFERENCE_LOSSES, preferenceLoss, type PreferenceSpec, type ScoredAnswer } from './preference-loss.js';

const chosen: ScoredAnswer = { logProb: -4, tokens: 2, referenceLogProb: -5 };
const rejected: ScoredAnswer = { logProb: -6, tokens: 4, referenceLogProb: -5.5 };
const spec = (loss: PreferenceSpec['loss'], beta = 0.5): PreferenceSpec => ({ loss, beta, targetMargin: 0.3 });
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('preferenceLoss', () => {
  it('equals a computation of DPO by hand', () => {
    // Margins over the reference: 1 and −0.5, so β·difference = 0.75.
    const result = preferenceLoss(chosen, rejected, spec('sigmoid'));
    expect(result.loss).toBeCloseTo(-Math.log(sigmoid(0.75)), 12);
    expect(result.chosenSlope).toBeCloseTo(-0.5 * sigmoid(-0.75), 12);
    expect(result.rejectedSlope).toBeCloseTo(0.5 * sigmoid(-0.75), 12);
    expect(result).toMatchObject({ chosenReward: 0.5, rejectedReward: -0.25 });
  });

  it('equals computations of IPO, SimPO and ORPO by hand', () => {
    // IPO: 1/2 − (−0.5/4) − 1/(2·0.5).
    expect(preferenceLoss(chosen, rejected, spec('ipo')).loss).toBeCloseTo((0.5 + 0.125 - 1) ** 2, 12);
    // SimPO: means −2 and −1.5, so 0.5·(−2 + 1.5) − 0.3.
    expect(preferenceLoss(chosen, rejected, spec('simpo')).loss).toBeCloseTo(-Math.log(sigmoid(-0.55)), 12);
    const odds = (mean: number) => Math.exp(mean) / (1 - Math.exp(mean));
    const ratio = odds(-2) / odds(-1.5);
    expect(preferenceLoss(chosen, rejected, spec('orpo')).loss).toBeCloseTo(
      2 - 0.5 * Math.log(sigmoid(Math.log(ratio))),
      12,
    );
  });

  it.each(PREFERENCE_LOSSES)('%s has the slopes of its loss', (loss) => {
    const step = 1e-6;
    const at = (c: number, r: number) =>
      preferenceLoss(
        { ...chosen, logProb: chosen.logProb + c },
        { ...rejected, logProb: rejected.logProb + r },
        spec(loss),
      );
    const { chosenSlope, rejectedSlope } = at(0, 0);
    expect(chosenSlope).toBeCloseTo((at(step, 0).loss - at(-step, 0).loss) / (2 * step), 7);
    expect(rejectedSlope).toBeCloseTo((at(0, step).loss - at(0, -step).loss) / (2 * step), 7);
    expect(chosenSlope).toBeLessThan(0);
  });

  it.each(PREFERENCE_LOSSES)('%s stays finite at the ends of what log-probabilities can be', (loss) => {
    for (const [c, r] of [
      [0, -1e4],
      [-1e4, 0],
    ] as const) {
      const result = preferenceLoss({ ...chosen, logProb: c }, { ...rejected, logProb: r }, spec(loss));
      for (const value of Object.values(result)) expect(value).toSatisfy(Number.isFinite);
    }
  });

  it('refuses to compare with a reference it was not given', () => {
    expect(() => preferenceLoss({ ...chosen, referenceLogProb: null }, rejected, spec('sigmoid'))).toThrow('reference');
  });
});
