import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASKS, taskNamed } from './task-catalog.js';
import { TASK_DATA_KEY, toTaskChatRow, toTaskEvalRow, toTaskPromptRow } from './task-rows.js';
import type { TaskSource, TaskSplit, TraceOptions } from './task-source.js';
import { TASK_WORDS } from './task-words.js';

const SPLITS: readonly TaskSplit[] = ['train', 'validation', 'test'];
const MAX_BACKTRACKS = 6;
const byName = (name: string): TaskSource => taskNamed(name) as TaskSource;

const tracesOf = (task: TaskSource): TraceOptions[] =>
  task.styles.flatMap((style): TraceOptions[] =>
    style === 'search' ? [0, 1, 3, MAX_BACKTRACKS].map((backtracks) => ({ style, backtracks })) : [{ style }],
  );

describe.each(TASKS.map((task) => [task.name, task] as const))('%s', (_name, task) => {
  it('writes traces of every style whose answer verifies, at every difficulty', () => {
    const { min, max } = task.difficulty;
    const request = fc.record({
      seed: fc.nat(1e6),
      difficulty: fc.integer({ min, max }),
      split: fc.constantFrom(...SPLITS),
    });
    fc.assert(
      fc.property(request, (drawn) => {
        for (const item of task.generate({ ...drawn, count: 2 })) {
          for (const trace of tracesOf(task)) {
            // Easy sudokus have fewer dead ends than the longest search asks for.
            if (trace.style === 'search' && drawn.difficulty < task.difficulty.standard) continue;
            const text = task.oracle(item, trace);
            expect(task.verify(item.data, text), `${item.prompt} → ${text}`).toMatchObject({ correct: true });
            if (trace.style === 'search') expect(text.split(' NO').length - 1).toBe(trace.backtracks);
          }
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('has no structure in two parts of the split, whatever the seeds', () => {
    const partOf = new Map<string, TaskSplit>();
    for (const split of SPLITS) {
      for (const seed of [1, 2]) {
        for (const { data } of task.generate({ seed, count: 300, split })) {
          const structure = task.structureOf(data);
          expect(partOf.get(structure) ?? split, structure).toBe(split);
          partOf.set(structure, split);
        }
      }
    }
    for (const split of SPLITS) expect([...partOf.values()].filter((part) => part === split).length).toBeGreaterThan(3);
  });

  it('makes distinct prompts, the same for the same seed and others for another', () => {
    const items = (seed: number) => task.generate({ seed, count: 200, split: 'train' });
    expect(items(5)).toEqual(items(5));
    expect(new Set(items(5).map(({ prompt }) => prompt)).size).toBe(200);
    expect(items(6).map(({ prompt }) => prompt)).not.toEqual(items(5).map(({ prompt }) => prompt));
  });

  it('judges data that went through JSON, and knows what is no data', () => {
    const [item] = task.generate({ seed: 3, count: 1, split: 'test' });
    const data: unknown = JSON.parse(JSON.stringify(item?.data));
    expect(task.dataProblems(data)).toEqual([]);
    expect(task.dataProblems({ something: 'else' }).length).toBeGreaterThan(0);
    expect(Object.keys(task.verify(data, 'no answer').parts).sort()).toEqual([...task.parts].sort());
  });

  it('has no answer without the mark, and gives a text around it no weight', () => {
    const [item] = task.generate({ seed: 4, count: 1, split: 'test' });
    if (!item) throw new Error('no item');
    const answer = task.oracle(item, { style: 'direct' });
    expect(task.verify(item.data, answer.slice(1))).toMatchObject({ correct: false, parts: { format: 0 } });
    expect(task.verify(item.data, `#nonsense 12 ${answer}  `).correct).toBe(true);
    expect(task.verify(item.data, `${answer} #`)).toMatchObject({ correct: false, parts: { format: 0 } });
  });

  it('refuses a difficulty outside its bounds and a style it has not', () => {
    const { max } = task.difficulty;
    expect(() => task.generate({ seed: 1, count: 1, split: 'train', difficulty: max + 1 })).toThrow(
      /difficulty is a whole/,
    );
    const [item] = task.generate({ seed: 1, count: 1, split: 'train' });
    const missing = (['verbose', 'assume', 'search'] as const).find((style) => !task.styles.includes(style));
    if (item && missing) expect(() => task.oracle(item, { style: missing })).toThrow(/no traces of style/);
  });
});

/** One data and what a verifier must refuse though it nearly fits. */
describe('near misses', () => {
  const cases: readonly [task: string, data: unknown, right: string, wrong: string[]][] = [
    [
      'arith',
      {
        start: 7,
        steps: [
          { operation: '+', operand: 5 },
          { operation: '*', operand: 3 },
        ],
      },
      '#36',
      ['#35', '#22', '#036.', '#3 6', '#-36'],
    ],
    [
      'countdown3',
      { numbers: [3, 7, 5], target: 26, expression: '3*7+5', equations: [] },
      '#5+7*3',
      ['#3*7+5+0', '#3*7+3', '#26', '#7*5-3', '#3*7', '#(3*7+5', '#3*7+5=26', '#-5+31', '#3*7+5/5'],
    ],
    ['countdown3', { numbers: [3, 2, 7], target: 8, expression: '', equations: [] }, '#7+3-2', ['#7+3/2', '#7+(3/2)']],
    [
      'sudoku4',
      { puzzle: [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 0] },
      '#1234341221434321',
      ['#1234341221434324', '#123434122143432'],
    ],
    ['listfn', { skills: ['REVERSE', 'SORT'], digits: [3, 1, 2, 4] }, '#1234', ['#4213', '#123', '#12345', '#']],
    ['zebra3', { clues: ['r1', 'g2', 'c=r', 'd2'] }, '#rgb/cdf', ['#rgb/cfd', '#rgbcdf', '#rgb/ccf', '#rbg/cdf']],
    ['lake4', { cells: 's..o.o.....go...' }, '#rrdrd', ['#rr', '#rrr', '#lrrdrd', '#rdd', '#rrdrdu']],
    [
      'audio',
      {
        events: [
          { code: 'a', loudness: 3, frames: 2 },
          { code: 'b', loudness: 7, frames: 1 },
          { code: 'a', loudness: 2, frames: 1 },
        ],
        question: 'cause',
        about: 'a',
        options: ['a', 'c', 'b', 'h'],
      },
      '#C',
      ['#A', '#B', '#b', '#C ok', '#CC'],
    ],
    [
      'screen',
      { required: [1, 0], asked_years: 3, words: ['query', 'font', 'dom', 'bash'], years: 5 },
      '#y dom 9',
      ['#n dom 9', '#y dom', '#y 9', '#yes dom 9', '#y dom 10'],
    ],
    [
      'kk2',
      {
        letters: ['A', 'B'],
        statements: [
          { form: 'is', left: { who: 1, isKnight: false }, right: { who: 0, isKnight: true } },
          { form: '=', left: { who: 0, isKnight: true }, right: { who: 1, isKnight: true } },
        ],
      },
      '#B-A+',
      ['#A+B+', '#A-B+', '#A+', '#A+B-A+', '#A+C-'],
    ],
  ];

  it.each(cases)('%s', (name, data, right, wrong) => {
    const task = byName(name);
    expect(task.dataProblems(data)).toEqual([]);
    expect(task.verify(data, right).correct).toBe(true);
    for (const text of wrong) expect(task.verify(data, text).correct, text).toBe(false);
  });

  it('of one row of ARC: any cell changed', () => {
    const task = byName('arc1d');
    const [item] = task.generate({ seed: 1, count: 1, split: 'test' });
    const answer = item ? task.oracle(item, { style: 'direct' }) : '';
    for (let at = 1; at < answer.length; at++) {
      const changed = answer.slice(0, at) + ((Number(answer[at]) + 1) % 10) + answer.slice(at + 1);
      expect(task.verify(item?.data, changed)).toMatchObject({ correct: false, parts: { cells_right: 7 / 8 } });
    }
  });
});

it('shows assume, check, contradiction and revise in a trace of Knights and Knaves', () => {
  const task = byName('kk2');
  const traces = task
    .generate({ seed: 1, count: 40, split: 'train' })
    .map((item) => task.oracle(item, { style: 'assume' }));
  expect(traces.every((trace) => /^ASSUME ..... CHECK/.test(trace) || trace.startsWith('ASSUME'))).toBe(true);
  expect(traces.some((trace) => /NO REVISE .+ OK CHECK .+ OK #/.test(trace))).toBe(true);
});

it('writes rows for the three kinds of files', () => {
  const task = byName('arith');
  const [item] = task.generate({ seed: 1, count: 1, split: 'train' });
  if (!item) throw new Error('no item');
  const question = { role: 'user', content: item.prompt };
  const trace = task.oracle(item, { style: 'steps' });
  expect(toTaskChatRow(task, item, { style: 'steps' })).toEqual({
    messages: [question, { role: 'assistant', content: trace }],
  });
  expect(toTaskPromptRow(item)).toEqual({ messages: [question], task_item: item.id, [TASK_DATA_KEY]: item.data });
  expect(toTaskEvalRow(item)).toEqual({ item: { id: item.id, prompt: item.prompt, [TASK_DATA_KEY]: item.data } });
});

it('knows every word that prompts and traces are made of', () => {
  const words = new Set<string>();
  for (const task of TASKS) {
    for (const item of task.generate({ seed: 2, count: 60, split: 'train' })) {
      const texts = [item.prompt, ...task.styles.map((style) => task.oracle(item, { style }))];
      for (const word of texts.join(' ').match(/[A-Z]{2,}/g) ?? []) words.add(word);
    }
  }
  expect([...words].filter((word) => !TASK_WORDS.includes(word))).toEqual([]);
  expect(TASK_WORDS.slice(0, 7)).toEqual(['ARITH', 'COUNTDOWN', 'KK', 'SUDOKU', 'LISTFN', 'ARC', 'ZEBRA']);
});
