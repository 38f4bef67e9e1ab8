import { letterToSound } from '@preheat/tasks';
import { expect, it } from 'vitest';
import { demoData } from './data.js';

const source = letterToSound();
const rows = (jsonl: string) =>
  jsonl
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

it('makes three files over different words', () => {
  const data = demoData(source, { words: 50, evalWords: 20 });
  const [sft, rl, test] = [rows(data.sft), rows(data.rl), rows(data.test)];
  expect([sft.length, rl.length, test.length]).toEqual([50, 50, 20]);
  const words = [
    ...sft.map((row) => row.messages[0].content),
    ...rl.map((row) => row.word),
    ...test.map((row) => row.item.word),
  ];
  expect(new Set(words).size).toBe(120);
  expect(sft[0].messages[1].role).toBe('assistant');
  expect(rl[0].messages).toHaveLength(1);
  expect(test[0].item.references.length).toBeGreaterThan(0);
  expect(data.example.word).toBe(test[0].item.word);
});

it('says how many words there are when too many are asked for', () => {
  expect(() => demoData(source, { words: 60_000, evalWords: 1 })).toThrow(/--words: at most \d+/);
  expect(() => demoData(source, { words: 1, evalWords: 10_000 })).toThrow(/--eval-words: at most \d+/);
});
