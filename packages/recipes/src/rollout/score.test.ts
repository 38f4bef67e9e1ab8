import { compileGrader, grade, type GradeResult } from '@preheat/graders';
import type { RecipeContext } from '../recipe.js';
import { GraderDownError } from '../training/grader-down-error.js';
import type { Completion } from './collect.js';
import { describe, expect, it } from 'vitest';
import { score, trainingReward } from './score.js';

async function graded(reference: string, item: Record<string, unknown>): Promise<GradeResult> {
  const spec = { type: 'string_check', name: 'exact', operation: 'eq', input: '{{sample.output_text}}', reference };
  const compiled = compileGrader(spec);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled));
  return grade(compiled.value, { sample: { output_text: 'K AE T' }, item });
}

describe('trainingReward', () => {
  it('is the reward of a graded completion', async () => {
    expect(trainingReward(await graded('{{item.answer}}', { answer: 'K AE T' }))).toBe(1);
    expect(trainingReward(await graded('{{item.answer}}', { answer: 'D AO G' }))).toBe(0);
  });

  it('is null when the grader could not do its part', async () => {
    expect(trainingReward(await graded('{{item.answer}}', {}))).toBeNull();
  });

  it('is zero when the answer could not be parsed', async () => {
    const failed = await graded('{{item.answer}}', {});
    const errors = { ...failed.errors, invalid_variable_error: false, sample_parse_error: true };
    expect(trainingReward({ ...failed, errors })).toBe(0);
  });
});

describe('score', () => {
  /** The context of a phase whose grader gives these grades. */
  const context = (grades: GradeResult[]) =>
    ({
      tokenizer: { decode: () => 'K' },
      grader: { gradeAll: () => Promise.resolve(grades) },
      signal: new AbortController().signal,
    }) as unknown as RecipeContext<object>;
  const completion = { row: {}, sample: { tokens: new Int32Array() } } as unknown as Completion;

  it('fails the step when the grader answered for no completion, and only then', async () => {
    const good = await graded('K', {});
    const silent = {
      ...good,
      isFlagged: true,
      errors: { ...good.errors, unresponsive_reward_error: true },
      errorMessages: ['no answer within 30 s'],
    };
    const completions = [completion, completion];
    await expect(score(context([silent, silent]), completions)).rejects.toThrow(GraderDownError);
    await expect(score(context([silent, silent]), completions)).rejects.toThrow('no answer within 30 s');
    expect(await score(context([silent, good]), completions)).toEqual([silent, good]);
  });
});
