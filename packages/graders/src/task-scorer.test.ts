import { TASKS, taskNamed, toTaskPromptRow } from '@preheat/tasks/procedural';
import { describe, expect, it } from 'vitest';
import { compileGrader } from './compile-grader.js';
import { type CompiledGrader, itemProblems, requiredItemKeys } from './compiled-grader.js';
import { grade } from './grade.js';

function compiled(spec: object): CompiledGrader {
  const result = compileGrader({ type: 'task', name: 'right', ...spec });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

const problemsOf = (spec: object) => {
  const result = compileGrader({ type: 'task', name: 'right', ...spec }, 'grader');
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
};

function itemOf(name: string) {
  const task = taskNamed(name);
  const [item] = task?.generate({ seed: 1, count: 1, split: 'train' }) ?? [];
  if (!task || !item) throw new Error(name);
  return { task, item, row: toTaskPromptRow(item) };
}

describe('task grader', () => {
  it.each(TASKS.map(({ name }) => name))('gives the right answer of %s full marks and no answer none', async (name) => {
    const { task, item, row } = itemOf(name);
    const grader = compiled({ task: name });
    const rewardOf = async (text: string) => (await grade(grader, { sample: { output_text: text }, item: row })).reward;
    expect(await rewardOf(task.oracle(item, { style: 'direct' }))).toBe(1);
    expect(await rewardOf('I do not know')).toBe(0);
    expect(requiredItemKeys(grader)).toEqual(['task_data']);
    expect(itemProblems(grader, row)).toEqual([]);
  });

  it('scores a part, so that a formula can reward the form of an answer', async () => {
    const { row } = itemOf('countdown3');
    const grader = compiled({ task: 'countdown3', part: 'format' });
    expect((await grade(grader, { sample: { output_text: '#1+1' }, item: row })).reward).toBe(1);
    expect((await grade(grader, { sample: { output_text: '#1+' }, item: row })).reward).toBe(0);
  });

  it('names what is wrong with the grader, and what there is', () => {
    expect(problemsOf({ task: 'chess' })).toEqual([
      expect.stringMatching(/^grader\.task: there is no task "chess"; .*arith/),
    ]);
    expect(problemsOf({ task: 'arith', part: 'style' })).toEqual(['grader.part: arith has the parts correct, format']);
    expect(problemsOf({ task: 'arith', data: 'item.data' })).toEqual([
      expect.stringMatching(/^grader\.data: must be exactly/),
    ]);
    expect(problemsOf({ task: 'arith', input: '{{x.y}}' })).toEqual([expect.stringMatching(/^grader\.input: /)]);
    expect(problemsOf({ task: 'arith', threshold: 1 }).join()).toMatch(/threshold/);
  });

  it('finds rows whose data is missing or is of another task before training', async () => {
    const grader = compiled({ task: 'arith' });
    const { row } = itemOf('kk2');
    expect(itemProblems(grader, { messages: [] })).toEqual(['{{ item.task_data }} has no value in this item.']);
    expect(itemProblems(grader, row)).toEqual([expect.stringMatching(/is no data of arith: lacks/)]);
    const graded = await grade(grader, { sample: { output_text: '#1' }, item: row });
    expect(graded).toMatchObject({ reward: 0, isFlagged: true, errors: { invalid_variable_error: true } });
  });
});
