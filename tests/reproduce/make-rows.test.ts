import { taskNamed } from '@preheat/tasks/procedural';
import { languageText } from '@preheat/datasets';
import { describe, expect, it } from 'vitest';
import type { RowSource } from './experiment.js';
import { plain } from './text-rows.js';
import { suiteFile, trainingFile, validationFile, validationItems } from './make-rows.js';

const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const source: RowSource = { task: 'listfn', rows: 40, kind: 'chat', style: 'steps' };

describe('trainingFile', () => {
  it('is the same for the same seed and differs by seed and stream', () => {
    expect(trainingFile([source], 1)).toBe(trainingFile([source], 1));
    expect(trainingFile([source], 2)).not.toBe(trainingFile([source], 1));
    expect(trainingFile([{ ...source, stream: 1 }], 1)).not.toBe(trainingFile([source], 1));
  });

  it('adds keys, keys of the data and the given answer to every row', () => {
    const [chat] = rowsOf(trainingFile([{ ...source, keys: { ability: 'lists' }, data_keys: ['skills'] }], 1));
    expect(chat).toMatchObject({ ability: 'lists', skills: [expect.any(String), expect.any(String)] });
    const [prompt] = rowsOf(trainingFile([{ ...source, kind: 'prompt', gold_key: 'answer' }], 1));
    expect(prompt.messages).toHaveLength(1);
    expect(taskNamed('listfn')?.verify(prompt.task_data, prompt.answer).correct).toBe(true);
  });

  it('writes a prefix before prompts and rows as often as asked, with their own traces or those of others', () => {
    const plain = rowsOf(trainingFile([source], 1));
    const asked = rowsOf(trainingFile([{ ...source, prefix: 'S ', copies: 2 }], 1));
    expect(asked).toHaveLength(80);
    expect(asked[3].messages[0].content).toBe(`S ${plain[1].messages[0].content}`);
    const foreign = rowsOf(trainingFile([{ ...source, foreign: true }], 1));
    expect(foreign.map((row) => row.messages[0])).toEqual(plain.map((row) => row.messages[0]));
    expect(foreign.map((row) => row.messages[1])).toEqual([...plain.slice(1), plain[0]].map((row) => row.messages[1]));
  });

  it('puts the steps of a trace out of order and leaves its answer at the end', () => {
    const kk: RowSource = { task: 'kk2', rows: 60, kind: 'chat', style: 'assume' };
    const answers = (row: RowSource) =>
      rowsOf(trainingFile([row], 1)).map(({ messages }) => messages[1].content as string);
    const [whole, mixed] = [answers(kk), answers({ ...kk, shuffled_steps: true })];
    const words = (text: string) => text.split(' ').sort();
    expect(mixed.map(words)).toEqual(whole.map(words));
    expect(mixed.map((text) => text.split(' ').at(-1))).toEqual(whole.map((text) => text.split(' ').at(-1)));
    expect(mixed.filter((text, i) => text !== whole[i]).length).toBeGreaterThan(50);
    expect(mixed.every((text) => /^(ASSUME|REVISE|CHECK) /.test(text))).toBe(true);
  });

  it('cuts off that share of the answers, the same ones each time', () => {
    const answers = (shirkers: number) =>
      rowsOf(trainingFile([{ ...source, rows: 400, shirkers }], 1)).map((row) => row.messages[1].content as string);
    const [whole, lazy] = [answers(0), answers(0.2)];
    const cut = lazy.filter((answer, i) => answer !== whole[i]);
    expect(cut.length / 400).toBeGreaterThan(0.14);
    expect(cut.length / 400).toBeLessThan(0.26);
    expect(cut.every((answer) => !answer.includes('#'))).toBe(true);
  });
});

it('holds out items whose structures no training row has', () => {
  const task = taskNamed('listfn');
  const structures = (rows: { task_data: unknown }[]) => new Set(rows.map((row) => task?.structureOf(row.task_data)));
  const trained = structures(rowsOf(trainingFile([{ ...source, rows: 500, kind: 'prompt' }], 1)));
  const validated = structures(rowsOf(validationFile([{ ...source, rows: 100, kind: 'prompt' }])));
  expect([...validated].filter((structure) => trained.has(structure))).toEqual([]);
  const suite = { task: 'listfn', items: 200, max_tokens: 8, samples: 0 };
  const tested = structures(rowsOf(suiteFile(suite)).map(({ item }) => item));
  expect([...tested].filter((structure) => trained.has(structure))).toEqual([]);
});

it('asks a model the validation prompts as a phase does, with what their grader reads', () => {
  const sources: RowSource[] = [
    { ...source, rows: 3, kind: 'prompt', prefix: 'S ', gold_key: 'gold' },
    { task: 'arith', rows: 2, kind: 'prompt' },
  ];
  const asked = rowsOf(validationItems(sources)).map(({ item: { prompt, ...keys } }) => ({
    messages: [{ role: 'user', content: prompt }],
    ...keys,
  }));
  expect(asked).toEqual(rowsOf(validationFile(sources)));
});

it('asks for one class of answers alone where a suite does, and says when there are too few', () => {
  const suite = { task: 'screen', items: 40, max_tokens: 12, samples: 0, answer_prefix: 'y' };
  const rows = rowsOf(suiteFile(suite)).map(({ item }) => item);
  expect(rows).toHaveLength(40);
  for (const { task_data } of rows) expect(taskNamed('screen')?.verify(task_data, '#y - 0').correct).toBe(true);
  expect(() => suiteFile({ ...suite, answer_prefix: 'x' })).toThrow('0 of 40 items whose answer begins with "x"');
});

describe('windows of texts', () => {
  const windows: RowSource = { text: 'de', rows: 30, characters: 64, keys: { domain: 'de' } };
  const read = (jsonl: string) =>
    jsonl
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { messages: { content: string }[]; domain?: string });

  it('are as long as asked, of plain letters, the same for a seed, and from articles that validation has none of', () => {
    const rows = read(trainingFile([windows], 1));
    expect(rows).toHaveLength(30);
    expect(
      rows.every(({ domain, messages }) => domain === 'de' && /^[ -~]{64}$/.test(messages[1]?.content ?? '')),
    ).toBe(true);
    expect(trainingFile([windows], 1)).toBe(trainingFile([windows], 1));
    expect(trainingFile([windows], 2)).not.toBe(trainingFile([windows], 1));
    const training = plain(languageText('de', 'train').join(' '));
    const held = read(validationFile([windows]));
    const seen = held.filter(({ messages }) => training.includes((messages[1]?.content ?? '').trim()));
    expect(seen).toEqual([]);
  });

  it('are refused of a text that is shorter', () => {
    expect(() => trainingFile([{ ...windows, characters: 9_999 }], 1)).toThrow(/the text de has \d+ characters, fewer/);
  });
});
