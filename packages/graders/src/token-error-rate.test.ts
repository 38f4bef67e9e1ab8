import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from './edit-distance.js';
import { tokenAccuracy, tokenErrorRate } from './token-error-rate.js';

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['flaw', 'lawn', 2],
    ['intention', 'execution', 5],
  ])('%s to %s is %d', (a, b, distance) => {
    expect(editDistance([...a], [...b])).toBe(distance);
  });

  it('is a metric', () => {
    const word = fc.array(fc.constantFrom('K', 'AE', 'T'), { maxLength: 7 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a.join(' ') === b.join(' '));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe('tokenAccuracy', () => {
  it.each([
    ['K AE T', ['K AE T'], 1],
    ['K AE', ['K AE T'], 2 / 3],
    ['  K   AE T ', ['K AE T'], 1],
    ['K AE T S', ['K AE T'], 2 / 3],
    ['R IY D', ['R EH D', 'R IY D'], 1],
    // distances 2/4 and 2/2: the best reference is the one with the lowest rate
    ['A B', ['A B C D', 'X Y'], 0.5],
    ['A B C D', ['X'], 0],
    ['', ['K'], 0],
    ['', [''], 1],
    ['K', [''], 0],
  ])('%s against %j is %d', (text, references, expected) => {
    expect(tokenAccuracy(text, references)).toBeCloseTo(expected, 12);
  });

  it('is the word error rate when symbols are words', () => {
    // one substitution and one deletion over five words
    expect(tokenErrorRate('the cat sit on'.split(' '), 'the cat sat on mats'.split(' '))).toBeCloseTo(2 / 5, 12);
  });
});
