import { describe, expect, it } from 'vitest';
import { levelOf, levelReward } from './level-reward.js';

const options = { weight: 0.5, length: 20, overlongPenalty: 0.2 };

describe('levelReward', () => {
  it('takes from a right answer in proportion to its length, up to that of the level', () => {
    expect([0, 10, 20, 60].map((tokens) => levelReward(true, tokens, options))).toEqual([1, 0.75, 0.5, 0.5]);
  });

  it('takes from a wrong answer only beyond the length of the level', () => {
    expect([0, 20, 21].map((tokens) => levelReward(false, tokens, options))).toEqual([0, 0, -0.2]);
  });
});

describe('levelOf', () => {
  const messages = [{ role: 'user' as const, content: 'x' }];

  it('is what the row says, or medium', () => {
    expect(levelOf({ messages, tag: 'short' }, 'tag')).toBe('short');
    expect(levelOf({ messages }, 'tag')).toBe('medium');
  });

  it('names what is no level, and which there are', () => {
    expect(() => levelOf({ messages, tag: 'tiny' }, 'tag')).toThrow(
      '"tag" of a row is "tiny"; it takes short, medium, long',
    );
  });
});
