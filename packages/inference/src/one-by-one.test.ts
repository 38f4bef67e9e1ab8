import { expect, it } from 'vitest';
import { OneByOne } from './one-by-one.js';

it('runs one piece of work at a time in order, past those that failed or gave up', async () => {
  const queue = new OneByOne();
  const events: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve) => {
      events.push(name);
      ends.set(name, () => resolve(name));
    });
  const gone = new AbortController();
  const first = queue.run(work('first'));
  const failing = queue.run(() => Promise.reject(new Error('bad')));
  const waiting = queue.run(work('waiting'), gone.signal);
  const last = queue.run(work('last'), gone.signal);
  failing.catch(() => undefined);
  last.catch(() => undefined);
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  const after = queue.run(work('after'));
  await expect(queue.run(work('never'), gone.signal)).rejects.toThrow('gone');
  // All that could have begun by now has.
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['first']);
  ends.get('first')?.();
  expect(await first).toBe('first');
  await expect(failing).rejects.toThrow('bad');
  await expect(last).rejects.toThrow('gone');
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['first', 'after']);
  ends.get('after')?.();
  expect(await after).toBe('after');
});
