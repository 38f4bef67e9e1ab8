import { describe, expect, it } from 'vitest';
import type { DataParts } from '@preheat/tasks';
import { firstNames, skeletonOf } from './first-names.js';
import { irises } from './iris.js';
import { type LabelledText, toLabelChatRow, toLabelEvalRow, toLabelRftRow } from './labelled-rows.js';
import { LANGUAGES, languageText, languageWindows } from './languages.js';
import { spamMail } from './mail.js';
import { proseText } from './prose.js';
import { SameParts } from './same-parts.js';

const PARTS = ['train', 'validation', 'test'] as const;
const data = { mail: spamMail(), names: firstNames(), languages: languageWindows(), irises: irises() };
const sizes = (parts: DataParts<LabelledText>) => PARTS.map((part) => parts[part].length);
const everything = (parts: DataParts<LabelledText>) => PARTS.flatMap((part) => parts[part]);

/** Keys that occur in more than one part. */
function leaks<Item extends LabelledText>(parts: DataParts<Item>, keysOf: (item: Item) => string[]): string[] {
  const partOf = new Map<string, string>();
  return PARTS.flatMap((part) =>
    parts[part].flatMap(keysOf).filter((key) => {
      const seen = partOf.get(key) ?? part;
      partOf.set(key, part);
      return seen !== part;
    }),
  );
}

describe('labelled data', () => {
  it('has the published sizes, every item once, and every label in every part', () => {
    expect([data.mail, data.names, data.languages, data.irises].map(sizes)).toEqual([
      [4148, 567, 1331],
      [5569, 720, 1714],
      [2079, 119, 920],
      [97, 18, 35],
    ]);
    for (const parts of Object.values(data)) {
      const items = everything(parts);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      expect(items.filter(({ text, label }) => text === '' || label === '')).toEqual([]);
      const labels = new Set(items.map(({ label }) => label));
      for (const part of PARTS) expect(new Set(parts[part].map(({ label }) => label))).toEqual(labels);
    }
  });

  it('has no thread and no text of mails in two parts, and no header but the subject', () => {
    const subjectOf = (text: string) =>
      text
        .split('\n')[0]
        ?.replace(/^((re|fw): ?)+/i, '')
        .toLowerCase() ?? '';
    const found = leaks(data.mail, ({ text }) => [
      `text ${text}`,
      ...(/[a-z]/.test(subjectOf(text)) ? [subjectOf(text)] : []),
    ]);
    expect(found).toEqual([]);
    const leaking = everything(data.mail).filter(({ text }) =>
      /^(received|x-spam-status|delivered-to):/im.test(text.slice(0, 500)),
    );
    // A few mails quote a whole mail.
    expect(leaking.length).toBeLessThan(60);
    expect(data.mail.train.filter(({ isHard }) => isHard).every(({ label }) => label === 'ham')).toBe(true);
    expect(spamMail({ characters: 50 }).test.every(({ text }) => text.length <= 50)).toBe(true);
  });

  it('keeps spellings of a name together', () => {
    expect(new Set(['Ann', 'Anne', 'Anna', 'Annie'].map(skeletonOf)).size).toBe(1);
    expect(leaks(data.names, ({ text }) => [skeletonOf(text)])).toEqual([]);
  });

  it('keeps translations of an article together, and tells twelve languages', () => {
    expect(leaks(data.languages, ({ article }) => [String(article)])).toEqual([]);
    expect(new Set(data.languages.train.map(({ label }) => label)).size).toBe(12);
    expect(data.languages.train.every(({ text }) => [...text].length === 40)).toBe(true);
    for (const language of Object.keys(LANGUAGES)) {
      const whole = PARTS.flatMap((part) => languageText(language, part));
      expect(whole).toHaveLength(31);
      expect(whole.join('')).not.toMatch(/[<>]|&\w+;/);
    }
    expect(() => languageText('tlh', 'train')).toThrow('there is no text in "tlh"; there are ca, da,');
  });

  it('keeps chapters of prose whole', () => {
    const whole = PARTS.map((part) => proseText(part).join('').length);
    expect(whole.reduce((a, b) => a + b)).toBe(1_212_868);
    expect(whole.every((length) => length > 50_000)).toBe(true);
  });

  it('keeps flowers with the same measurements together', () => {
    expect(leaks(data.irises, ({ text }) => [text])).toEqual([]);
    expect(data.irises.test[0]).toEqual({ id: '40', text: '5.0 3.5 1.3 0.3', label: 'setosa' });
  });
});

it('writes rows with the label as the answer and as the reference', () => {
  const item = { id: '1', text: 'hello', label: 'ham' };
  const user = { role: 'user', content: 'hello' };
  expect(toLabelChatRow(item)).toEqual({ messages: [user, { role: 'assistant', content: 'ham' }] });
  expect(toLabelRftRow(item)).toEqual({ messages: [user], reference: 'ham' });
  expect(toLabelEvalRow(item)).toEqual({ item: { text: 'hello', reference: 'ham' } });
});

it('joins what has something in common, in any order', () => {
  const sets = new SameParts();
  for (const [a, b] of [
    ['d', 'x'],
    ['b', 'c'],
    ['x', 'c'],
    ['a', 'y'],
  ] as const)
    sets.join(a, b);
  expect(['b', 'c', 'd', 'x'].map((name) => sets.of(name))).toEqual(['b', 'b', 'b', 'b']);
  expect([sets.of('y'), sets.of('other')]).toEqual(['a', 'other']);
});
