/** The operator's hold, seen from the operator and from a user whose job waits. */
import type { FineTuningJob } from '@preheat/contracts';
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
    expect(lines).toEqual([{ held: false }, held, held, { lifted: held }, { lifted: { held: false } }]);
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
    expect([await run('capacity'), await run('capacity', 'drop'), await run('capacity', 'show', 'x')]).toEqual([
      2, 2, 2,
    ]);
  });
});
