import { describe, expect, it } from 'vitest';
import { decisionReward, selectsBy } from './decision-reward.js';

const options = {
  label_weight: 1,
  evidence_weight: 0.3,
  calibration_weight: 0.2,
  format_weight: 0.1,
  false_select_penalty: 5,
};
const parts = { evidence: 1, calibration: 0.5, format: 1, unknown: 7 };

describe('decisionReward', () => {
  it('adds the parts by their weights, and takes the penalty for selecting wrongly alone', () => {
    expect(decisionReward({ isRight: true, selects: true, parts }, options)).toBeCloseTo(1.5, 12);
    expect(decisionReward({ isRight: true, selects: false, parts }, options)).toBeCloseTo(1.5, 12);
    expect(decisionReward({ isRight: false, selects: false, parts }, options)).toBeCloseTo(0.5, 12);
    expect(decisionReward({ isRight: false, selects: true, parts }, options)).toBeCloseTo(-4.5, 12);
  });

  it('counts nothing for parts that are not graded, and blames nobody for a grader that failed', () => {
    expect(decisionReward({ isRight: true, selects: true, parts: {} }, options)).toBe(1);
    expect(decisionReward({ isRight: null, selects: true, parts }, options)).toBeNull();
  });
});

describe('selectsBy', () => {
  it('reads what follows the last mark of an answer', () => {
    expect(selectsBy('n because #y sql 9', 'y')).toBe(true);
    expect(selectsBy('#y # n', 'y')).toBe(false);
    expect(selectsBy('yes', 'y')).toBe(true);
    expect(selectsBy('', 'y')).toBe(false);
  });
});
