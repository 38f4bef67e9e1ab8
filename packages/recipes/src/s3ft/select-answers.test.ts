import { describe, expect, it } from 'vitest';
import { goldOf } from './collect-answers.js';
import { selectAnswer } from './select-answers.js';

const right = (text: string) => ({ text, reward: 1 });
const wrong = (text: string) => ({ text, reward: 0.9 });

describe('selectAnswer', () => {
  it("prefers the model's own answer, then its first right sample, then the given one", () => {
    expect(selectAnswer(right('own'), [right('sampled')], 'gold')).toEqual({ text: 'own', source: 'own' });
    expect(selectAnswer(wrong('own'), [wrong('a'), right('b'), right('c')], 'gold')).toEqual({
      text: 'b',
      source: 'paraphrase',
    });
    expect(selectAnswer(wrong('own'), [wrong('a')], 'gold')).toEqual({ text: 'gold', source: 'gold' });
  });

  it('leaves a row out that has no right answer where the given one is not to be used', () => {
    expect(selectAnswer(wrong('own'), [], null)).toEqual({ text: null, source: 'dropped' });
  });
});

it('names the row that has no given answer', () => {
  const messages = [{ role: 'user' as const, content: 'x' }];
  expect(goldOf({ messages, answer: 'y' }, 0)).toBe('y');
  expect(() => goldOf({ messages }, 4)).toThrow('row 5 needs the given answer as a string under "answer"');
});
