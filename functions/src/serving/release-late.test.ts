import type { Log } from '@preheat/ports';
import { expect, it } from 'vitest';
import { releaseLate } from './release-late.js';

function recordingLog() {
  const warnings: (object | undefined)[] = [];
  const nothing = () => undefined;
  const warn = (_: string, fields?: object) => void warnings.push(fields);
  const log: Log = { debug: nothing, info: nothing, warn, error: nothing, child: () => log };
  return { log, warnings };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Rejections that nobody takes while `work` runs and in the turn after it: any of them ends a process. */
async function untaken(work: () => void): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const listener = (reason: unknown) => void reasons.push(reason);
  process.on('unhandledRejection', listener);
  work();
  await turn();
  process.off('unhandledRejection', listener);
  return reasons;
}

it('gives a model back once it is there', async () => {
  const { log, warnings } = recordingLog();
  let released = 0;
  let finish: (model: { release(): Promise<void> }) => void = () => undefined;
  releaseLate(new Promise((resolve) => (finish = resolve)), log);
  await turn();
  expect(released).toBe(0);
  finish({ release: async () => void released++ });
  await turn();
  expect([released, warnings]).toEqual([1, []]);
});

it('leaves no rejection to the process, whether the model cannot be given back or never comes', async () => {
  const { log, warnings } = recordingLog();
  const error = new Error('a thread of another model died');
  const reasons = await untaken(() => {
    releaseLate(Promise.resolve({ release: () => Promise.reject(error) }), log);
    releaseLate(Promise.reject(new Error('the bundle is damaged')), log);
  });
  expect([reasons, warnings]).toEqual([[], [{ error }]]);
});
