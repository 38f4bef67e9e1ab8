import { compileGrader } from '@preheat/graders';
import { describe, expect, it } from 'vitest';
import { rewardCriterion } from './criteria.js';

const texts = { name: 'reward', input: '{{ sample.output_text }}', reference: '{{ item.answer }}' };
const similar = { ...texts, type: 'text_similarity', evaluation_metric: 'rouge_l' };
const judge = { type: 'score_model', name: 'reward', model: 'm', input: [{ role: 'user', content: 'x' }] };

describe('what a phase is rewarded by, as a criterion', () => {
  it.each([
    ['what the grader says', { ...similar, pass_threshold: 0.9 }, 0.9],
    ['full marks, where they are known', { ...judge, range: [0, 5] }, 5],
    ['half marks, where they are not', similar, 0.5],
    ['nothing, where scores are 0 or 1', { ...texts, type: 'string_check', operation: 'eq' }, undefined],
  ])('passes from %s', (_, spec, threshold) => {
    const compiled = compileGrader(spec);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    const { pass_threshold, ...grader } = rewardCriterion(compiled.value);
    expect(pass_threshold).toBe(threshold);
    expect(spec).toMatchObject(grader);
  });
});
