/** The operator's hold, seen from the operator and from a user whose job waits. */
import type { FineTuningJob } from '@preheat/contracts';
import { CapacityHolds } from '@preheat/jobs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { jsonl, SFT_ROWS } from '../test-kit/rows.js';
import { operate } from './operate.js';

let api: ApiUnderTest;
let lines: unknown[];
beforeEach(async () => {
  api = await startApi({ queue: { maxRunners: 2, bootMs: 100_000 } });
  lines = [];
});
afterEach(() => api.app.close());

const run = (...args: string[]) =>
  operate(args, api.deps.jobs, { ...api.deps, queue: api.deps.evaluationQueue }, (line) => lines.push(line));

async function waitingJob(): Promise<FineTuningJob> {
  const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const payload = { model: 'preheat-1m', training_file };
  return (await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload })).json() as FineTuningJob;
}

const read = async (id: string) =>
  ((await api.call({ url: `/v1/fine_tuning/jobs/${id}` })).json() as FineTuningJob).queue;

describe('a hold by the operator', () => {
  it('is told to whoever waits, with its end where it has one, until it is lifted', async () => {
    expect(await run('capacity', 'hold', '--reason', 'the cluster is moved')).toBe(0);
    const { id, queue } = await waitingJob();
    expect(queue).toMatchObject({
      position: 1,
      estimated_start: null,
      reason: 'no job is started: the cluster is moved',
    });
    await run('capacity', 'hold', '--until', '2030-02-01T00:00:00Z', '--running', 'finish');
    await api.clock.advance(1000);
    expect(await read(id)).toMatchObject({
      estimated_start: { earliest: Date.UTC(2030, 1, 1) / 1000 + 50, latest: null },
      reason: 'no job is started before 2030-02-01T00:00:00Z: the operator of this platform holds it back',
    });
    expect(await run('capacity', 'lift')).toBe(0);
    await api.clock.advance(1000);
    expect(await read(id)).toMatchObject({ reason: 'waiting for a runner to boot' });
  });

  it('is shown as it is', async () => {
    await run('capacity', 'show');
    await run('capacity', 'hold');
    await run('capacity', 'show');
    await run('capacity', 'lift');
    await run('capacity', 'lift');
    const held = {
      held: true,
      since: '2030-01-01T00:00:00.000Z',
      until: null,
      reason: 'the operator of this platform holds it back',
      running: 'checkpoint',
    };
    const none = { held: false };
    expect(lines).toEqual([
      none,
      held,
      held,
      { holder: 'operator', lifted: held, left: none },
      { holder: 'operator', lifted: none, left: none },
    ]);
  });

  it('is lifted without what the budget holds, which is told, and lifted on request', async () => {
    const untilMs = Date.UTC(2030, 1, 1);
    await new CapacityHolds(api.deps).notice({ sinceMs: 1, untilMs, reason: 'spent', running: 'finish' });
    await run('capacity', 'hold', '--reason', 'maintenance');
    await run('capacity', 'lift');
    await run('capacity', 'lift', '--budget');
    const budget = {
      held: true,
      since: '1970-01-01T00:00:00.001Z',
      until: '2030-02-01T00:00:00.000Z',
      reason: 'spent',
    };
    expect(lines.slice(1)).toMatchObject([
      { holder: 'operator', lifted: { reason: 'maintenance' }, left: budget },
      { holder: 'budget', lifted: budget, left: { held: false } },
    ]);
  });

  it.each([
    [['--running', 'kill'], '--running must be checkpoint or finish, got "kill"'],
    [['--until', 'tomorrow'], '--until must be a time to come such as 2030-02-01T00:00:00Z, got "tomorrow"'],
    [['--until', '2029-12-31T00:00:00Z'], '--until must be a time to come such as 2030-02-01T00:00:00Z'],
    [['--reason', ' '], '--reason must be a text of 1 to 200 characters'],
  ])('with %j is refused, and holds nothing', async (flags, problem) => {
    expect(await run('capacity', 'hold', ...flags)).toBe(2);
    expect(lines).toEqual([{ problem: expect.stringContaining(problem) as string }]);
    await run('capacity', 'show');
    expect(lines.at(-1)).toEqual({ held: false });
  });

  it('is no other command', async () => {
    for (const args of [[], ['drop'], ['show', 'x'], ['show', '--budget'], ['hold', '--budget']])
      expect(await run('capacity', ...args), args.join(' ')).toBe(2);
    await run('capacity', 'show');
    expect(lines).toEqual([{ held: false }]);
  });
});
