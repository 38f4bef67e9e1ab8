import { expect, it } from 'vitest';
import { logText } from './log-text.js';

const line = (fields: object): string =>
  JSON.stringify({ level: 'info', time: '2026-01-31T09:05:00.000Z', program: 'api', message: 'listening', ...fields });
const at = new Date('2026-01-31T09:05:00.000Z').toLocaleTimeString('en-GB');

it('tells a line of the platform as text, with its level where something is wrong', () => {
  expect(logText(line({ url: 'http://127.0.0.1:8787', runnerId: 'runner-1-7' }))).toBe(
    `${at} listening url=http://127.0.0.1:8787`,
  );
  expect(logText(line({ level: 'warn', message: 'slow', ms: 12, of: { a: [1] } }))).toBe(
    `${at} WARN slow ms=12 of={"a":[1]}`,
  );
  expect(logText(line({ message: 'a\u001b[2J\nb' }))).toBe(`${at} a\ufffd[2J\\nb`);
});

it.each(['    at main.ts:3', '{"level":"info"}', '{"cut', line({ time: 'later' })])('leaves %s as it is', (other) => {
  expect(logText(other)).toBe(other);
});
