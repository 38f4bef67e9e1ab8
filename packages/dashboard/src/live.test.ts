// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { live } from './live.js';

const INTERVAL_MS = 5;

it('asks until nothing more can come, and says in between that nobody answers', async () => {
  const answers = [true, new Error('no answer'), true, false];
  let asked = 0;
  const notices: string[] = [];
  const updates = await live(
    () => {
      if (asked > 0) notices.push(updates.notice.textContent ?? '');
      const answer = answers[asked++]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    new AbortController().signal,
    INTERVAL_MS,
  );
  await expect.poll(() => asked).toBe(4);
  expect(notices).toEqual(['', 'Not up to date: no answer', '']);
  await new Promise((resolve) => setTimeout(resolve, 5 * INTERVAL_MS));
  expect(asked).toBe(4);
});

it('lets the first failure be shown by whoever asked, and asks no more', async () => {
  let asked = 0;
  const failing = live(() => (asked++, Promise.reject(new Error('no such job'))), AbortSignal.abort(), INTERVAL_MS);
  await expect(failing).rejects.toThrow('no such job');
  await new Promise((resolve) => setTimeout(resolve, 5 * INTERVAL_MS));
  expect(asked).toBe(1);
});
