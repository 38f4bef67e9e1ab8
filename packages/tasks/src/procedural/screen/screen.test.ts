import { describe, expect, it } from 'vitest';
import type { TaskSplit } from '../task-source.js';
import { screen } from './screen.js';
import { isRare, SKILL_WORDS } from './skill-words.js';

const items = (split: TaskSplit, count = 1000) => screen.generate({ seed: 1, count, split });
const isFitting = (data: ReturnType<typeof items>[number]['data']) => screen.verify(data, '#y - 0').correct;

describe('screen', () => {
  const data = { required: [1, 0], asked_years: 3, words: ['query', 'font', 'dom', 'bash'], years: 5 };

  it('asks for every skill in whatever words, and for the years', () => {
    expect(isFitting(data)).toBe(true);
    expect(isFitting({ ...data, years: 2 })).toBe(false);
    expect(isFitting({ ...data, words: ['query', 'font', 'bash', 'plan'] })).toBe(false);
    expect(screen.oracle({ id: 'x', prompt: '', data }, { style: 'steps' })).toBe('web=dom sql=query 5>=3 #y query 9');
  });

  it('scores evidence and calibration apart from the decision', () => {
    expect(screen.verify(data, '#y dom 9').parts).toEqual({ correct: 1, format: 1, evidence: 1, calibration: 1 });
    const wrong = screen.verify(data, '#n font 0').parts;
    expect(wrong).toEqual({ correct: 0, format: 1, evidence: 0, calibration: 0 });
    const unskilled = { ...data, words: ['font', 'bash', 'plan', 'vat'], years: 3 };
    expect(screen.verify(unskilled, '#n - 5').parts).toEqual({ correct: 1, format: 1, evidence: 1, calibration: 1 });
    expect(screen.verify(unskilled, '#n font 5').parts['evidence']).toBe(0);
  });

  it('selects about three in ten', () => {
    const share = items('train').filter((item) => isFitting(item.data)).length / 1000;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
  });

  it('keeps the rare fifth of its words out of the test, and shows them in training', () => {
    const words = (split: TaskSplit) => new Set(items(split).flatMap((item) => item.data.words));
    expect([...words('test')].filter(isRare)).toEqual([]);
    expect([...words('train')].filter(isRare)).toHaveLength(SKILL_WORDS.length);
  });

  it('cannot be done by keywords: who asks for the very words of an opening selects almost nobody, if rightly', () => {
    const test = items('test');
    const selected = test.filter(
      ({ data: { required, words, asked_years: asked, years } }) =>
        [...required.map((skill) => SKILL_WORDS[skill]?.[0] ?? '')].every((word) => words.includes(word)) &&
        years >= asked,
    );
    const fitting = test.filter((item) => isFitting(item.data));
    expect(selected.every((item) => isFitting(item.data))).toBe(true);
    expect(selected.length / fitting.length).toBeLessThan(0.15);
  });
});
