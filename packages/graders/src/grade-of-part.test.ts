import { describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import { grade } from './grade.js';
import { gradeOfPart } from './grade-of-part.js';

const is = (name: string, input: string) => ({ type: 'string_check', name, input, reference: 'yes', operation: 'eq' });
const compiled = compileGrader({
  type: 'multi',
  name: 'both',
  graders: { right: is('right', '{{ sample.output_text }}'), known: is('known', '{{ sample.output_json.word }}') },
  calculate_output: '0.5 * right + 0.5 * known',
});
if (!compiled.ok) throw new Error(JSON.stringify(compiled));

describe('gradeOfPart', () => {
  it('is the score of the part, whatever became of the others', async () => {
    const whole = await grade(compiled.value, { sample: { output_text: 'yes' }, item: {} });
    expect(whole).toMatchObject({ reward: 0, isFlagged: true, errors: { sample_parse_error: true } });
    expect(gradeOfPart(whole, 'right')).toMatchObject({
      reward: 1,
      isFlagged: false,
      errors: { sample_parse_error: false },
      errorMessages: [],
    });
    const failed = gradeOfPart(whole, 'known');
    expect(failed).toMatchObject({ reward: 0, isFlagged: true, errors: { sample_parse_error: true } });
    expect(failed.errorMessages).toHaveLength(1);
  });

  it('takes no other name', async () => {
    const whole = await grade(compiled.value, { sample: { output_text: 'yes' }, item: {} });
    expect(() => gradeOfPart(whole, 'toString')).toThrow('the grader has no part toString');
  });
});
