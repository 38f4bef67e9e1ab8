import { describe, expect, it } from 'vitest';
import { goldOf } from './collect-answers.js';
import { selectAnswer } from './select-answers.js';

const right = (text: string) => ({ text, isRight: true });
const wrong = (text: string) => ({ text, isRight: false });

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

  it('holds nothing against a row whose answers could not be graded, and falls back where any is known to be wrong', () => {
    const unknown = { text: 'x', isRight: null };
    for (const gold of ['gold', null]) {
      expect(selectAnswer(unknown, [unknown], gold)).toEqual({ text: null, source: 'ungraded' });
    }
    expect(selectAnswer(unknown, [unknown, wrong('a')], 'gold').source).toBe('gold');
    expect(selectAnswer(wrong('own'), [unknown], 'gold').source).toBe('gold');
    expect(selectAnswer(unknown, [right('a')], null).source).toBe('paraphrase');
  });
});

it('names the row that has no given answer', () => {
  const messages = [{ role: 'user' as const, content: 'x' }];
  expect(goldOf({ messages, answer: 'y' }, 0)).toBe('y');
  expect(() => goldOf({ messages }, 4)).toThrow('row 5 needs the given answer as a string under "answer"');
});
