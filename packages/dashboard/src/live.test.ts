// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { live } from './live.js';

const INTERVAL_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
  await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
  expect(asked).toBe(4);
  expect(notices).toEqual(['', 'Not up to date: no answer', '']);
});

it('lets the first failure be shown by whoever asked, and asks no more', async () => {
  let asked = 0;
  const { signal } = new AbortController();
  const failing = live(() => (asked++, Promise.reject(new Error('no such job'))), signal, INTERVAL_MS);
  await expect(failing).rejects.toThrow('no such job');
  await vi.advanceTimersByTimeAsync(10 * INTERVAL_MS);
  expect(asked).toBe(1);
});
