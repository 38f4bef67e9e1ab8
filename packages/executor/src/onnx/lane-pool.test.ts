import { GraphBuilder, ops } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { describe, expect, it } from 'vitest';
import type { Lane, LaneRun } from './lane.js';
import { LanePool } from './lane-pool.js';
import type { SessionMoment } from './pooled-lane.js';
import { ProgramForms } from './program-form.js';

/** A lane that computes nothing, writes down what it is asked, and finishes runs when told to. */
class RecordingLane implements Lane {
  isUsable = true;
  readonly compiled: number[] = [];
  readonly released: number[] = [];
  readonly runs: number[] = [];
  readonly #finish: ((outcome: Error | undefined) => void)[] = [];

  async compile(program: number): Promise<void> {
    this.compiled.push(program);
  }
  async release(program: number): Promise<void> {
    this.released.push(program);
  }
  async attach(): Promise<void> {}
  async detach(): Promise<void> {}
  async close(): Promise<void> {}

  run({ program }: LaneRun): Promise<Record<string, Float32Array>> {
    this.runs.push(program);
    return new Promise((resolve, reject) => {
      this.#finish.push((error) => (error ? reject(error) : resolve({})));
    });
  }

  finish(error?: Error): void {
    this.#finish.shift()?.(error);
  }
}

function setUp(maxSessions: number, maxSessionBytes = Number.POSITIVE_INFINITY) {
  const lanes: RecordingLane[] = [];
  const moments: SessionMoment[] = [];
  const pool = new LanePool({
    maxSessions,
    maxSessionBytes,
    onSession: (moment) => moments.push(moment),
    open: async () => {
      const lane = new RecordingLane();
      lanes.push(lane);
      return lane;
    },
  });
  const forms = new ProgramForms({});
  const form = (factor: number) => forms.of(program(factor));
  const request = { feeds: [], outputs: [] };
  const turn = async () => {
    for (let i = 0; i < 30; i++) await Promise.resolve();
  };
  return { lanes, moments, pool, forms, form, request, turn };
}

function program(factor: number): Program {
  const graph = new GraphBuilder();
  return graph.build({ outputs: { y: ops.mul(graph.input('x', 'f32', [2]), factor) } });
}

describe('LanePool', () => {
  it('starts workers only for runs that find none free', async () => {
    const { lanes, pool, form, request, turn } = setUp(4);
    const job = { form: form(2), workers: 2, request };
    const first = pool.run(job);
    await turn();
    lanes[0]?.finish();
    await first;
    const more = [pool.run(job), pool.run(job), pool.run(job)];
    await turn();
    expect(lanes.map(({ runs }) => runs.length)).toEqual([2, 1]);
    lanes[1]?.finish();
    await turn();
    expect(lanes.map(({ runs }) => runs.length)).toEqual([2, 2]);
    for (const lane of [...lanes, ...lanes]) lane.finish();
    await Promise.all(more);
  });

  it('prefers a free lane that has compiled the program', async () => {
    const { lanes, pool, form, request, turn } = setUp(4);
    const [a, b] = [form(2), form(3)];
    const both = [pool.run({ form: a, workers: 2, request }), pool.run({ form: b, workers: 2, request })];
    await turn();
    for (const lane of lanes) lane.finish();
    await Promise.all(both);
    const again = pool.run({ form: b, workers: 2, request });
    await turn();
    lanes[1]?.finish();
    await again;
    expect(lanes.map(({ compiled }) => compiled)).toEqual([[a.id], [b.id]]);
  });

  it('keeps so many sessions a lane and releases the least recently used', async () => {
    const { lanes, pool, form, request, turn } = setUp(2);
    const [a, b, c] = [form(2), form(3), form(4)];
    for (const next of [a, b, a, c, b]) {
      const run = pool.run({ form: next, workers: 1, request });
      await turn();
      lanes[0]?.finish();
      await run;
    }
    expect(lanes[0]?.compiled).toEqual([a.id, b.id, c.id, b.id]);
    expect(lanes[0]?.released).toEqual([b.id, a.id]);
  });

  it('keeps sessions of so many bytes a lane, and always the one in use', async () => {
    // Each program holds one vector of two floats.
    const bytes = 8;
    for (const [budget, released] of [
      [2 * bytes, 1],
      [1, 2],
    ] as const) {
      const { lanes, pool, form, request, turn } = setUp(10, budget);
      const forms = [form(2), form(3), form(4)];
      for (const next of forms) {
        const run = pool.run({ form: next, workers: 1, request });
        await turn();
        lanes[0]?.finish();
        await run;
      }
      expect(lanes[0]?.released).toEqual(forms.slice(0, released).map(({ id }) => id));
    }
  });

  it('replaces a lane that broke, and fails only the run it carried', async () => {
    const { lanes, pool, form, request, turn } = setUp(2);
    const job = { form: form(2), workers: 1, request };
    const [lost, next] = [pool.run(job), pool.run(job)];
    await turn();
    const [broken] = lanes;
    if (!broken) throw new Error('no lane was opened');
    broken.isUsable = false;
    broken.finish(new Error('a training thread failed'));
    await expect(lost).rejects.toThrow('a training thread failed');
    await turn();
    lanes[1]?.finish();
    await next;
    expect(lanes.length).toBe(2);
  });

  it('makes sessions ahead in every lane, so that no run waits for one', async () => {
    const { lanes, moments, pool, form, request, turn } = setUp(4);
    const a = form(2);
    await pool.prepare(a, 2);
    expect(lanes.map(({ compiled }) => compiled)).toEqual([[a.id], [a.id]]);
    const runs = [pool.run({ form: a, workers: 2, request }), pool.run({ form: a, workers: 2, request })];
    await turn();
    for (const lane of lanes) lane.finish();
    await Promise.all(runs);
    expect(moments).toEqual(['ahead', 'ahead']);
  });

  it('runs what waits before it prepares what does not', async () => {
    const { lanes, moments, pool, form, request, turn } = setUp(4);
    const [a, b] = [form(2), form(3)];
    const runs = [pool.run({ form: a, workers: 1, request }), pool.run({ form: a, workers: 1, request })];
    const prepared = pool.prepare(b, 1);
    await turn();
    lanes[0]?.finish();
    await turn();
    expect(lanes[0]?.compiled).toEqual([a.id]);
    lanes[0]?.finish();
    await Promise.all([...runs, prepared]);
    expect(lanes[0]?.compiled).toEqual([a.id, b.id]);
    expect(moments).toEqual(['while a run waited', 'ahead']);
  });

  it('lets nobody wait for what a lane that broke was to prepare', async () => {
    const { lanes, pool, form, request, turn } = setUp(4);
    const lost = pool.run({ form: form(2), workers: 1, request });
    const prepared = pool.prepare(form(3), 1);
    await turn();
    const [broken] = lanes;
    if (!broken) throw new Error('no lane was opened');
    broken.isUsable = false;
    broken.finish(new Error('a training thread failed'));
    await expect(lost).rejects.toThrow('a training thread failed');
    await prepared;
  });

  it('prepares nothing for a user that is gone, and leaves nothing behind', async () => {
    const { lanes, pool, forms, form, request, turn } = setUp(4);
    const [a, b] = [form(2), form(3)];
    const run = pool.run({ form: a, workers: 1, request });
    const prepared = [pool.prepare(b, 1), pool.prepare(form(4), 1)];
    await turn();
    const forgotten = pool.forget(forms);
    lanes[0]?.finish();
    await Promise.all([run, forgotten, ...prepared]);
    await turn();
    expect(lanes[0]?.compiled).toEqual([a.id]);
  });

  it('frees the sessions of one user and leaves those of others', async () => {
    const { lanes, pool, forms, form, request, turn } = setUp(4);
    const other = new ProgramForms({}).of(program(5));
    const mine = form(2);
    for (const next of [mine, other]) {
      const run = pool.run({ form: next, workers: 1, request });
      await turn();
      lanes[0]?.finish();
      await run;
    }
    await pool.forget(forms);
    expect(lanes[0]?.released).toEqual([mine.id]);
  });
});
