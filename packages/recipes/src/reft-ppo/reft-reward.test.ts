import { describe, expect, it } from 'vitest';
import { reftReward, type ReftRewardOptions } from './reft-reward.js';

const options: ReftRewardOptions = { pass_grade: 1, partial_reward: 0.1, answer_kind: 'number' };

describe('reftReward', () => {
  it('is 1 for a correct answer, a little for a wrong number, 0 for none', () => {
    expect(reftReward(1, 'so it is 42', 'stop', options)).toBe(1);
    expect(reftReward(0.4, 'so it is 41', 'length', options)).toBe(0.1);
    expect(reftReward(0, 'so it is', 'stop', options)).toBe(0);
  });

  it('reads any text that ended by itself, where answers are no numbers', () => {
    const texts = { ...options, answer_kind: 'text' } as const;
    expect(reftReward(0, 'A B', 'stop', texts)).toBe(0.1);
    expect(reftReward(0, 'A B', 'length', texts)).toBe(0);
    expect(reftReward(0, ' ', 'stop', texts)).toBe(0);
  });

  it('counts from the pass grade on, and takes failed grades out', () => {
    expect(reftReward(0.8, '', 'stop', { ...options, pass_grade: 0.8 })).toBe(1);
    expect(reftReward(null, '1', 'stop', options)).toBeNull();
  });
});
