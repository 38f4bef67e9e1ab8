import { MemoryObjectStore } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import { KEYS } from '@preheat/contracts';
import { KeyStateShards, RunnerRegistry, SweepTurn } from '@preheat/jobs';
import { VirtualClock } from '@preheat/ports';
import { type KeyState, NO_KEY_STATE } from '@preheat/scheduler';
import { describe, expect, it } from 'vitest';
import { foldKeyStateShards } from './fold-key-states.js';

const HOUR = 3_600_000;
const LONG = { orphanGraceMs: 24 * HOUR };
const FOLDED = KEYS.foldedKeyState('gpu');

function classOfRunners() {
  const clock = new VirtualClock();
  const store = new MemoryObjectStore({ clock });
  let count = 0;
  const ids = { next: (prefix: string) => `${prefix}${count++}` };
  const deps = { clock, store, ids, log: JsonLog.open({ level: 'error', write: () => undefined }) };
  const shards = new KeyStateShards(deps);
  const write = (runnerId: string, known: Partial<KeyState>) =>
    shards.write(KEYS.keyState('gpu', runnerId), { ...NO_KEY_STATE, ...known }, undefined);
  const keys = async () => (await store.list(KEYS.keyStates)).entries.map(({ key }) => key);
  const folded = async () =>
    (await shards.ofClass('gpu')).find(({ key }) => key === FOLDED)?.shard?.document.known ?? NO_KEY_STATE;
  return { clock, store, deps, shards, write, keys, folded };
}

describe('folding what runners that are gone learned', () => {
  it('adds it up, and leaves those that write alone', async () => {
    const { clock, deps, write, keys, folded } = classOfRunners();
    await write('old-1', { observed: 2, arrivedMs: 5 });
    await write('old-2', { observed: 3, arrivedMs: 7 });
    await clock.advance(HOUR);
    await write('new', { observed: 4 });
    expect(await foldKeyStateShards(deps, LONG)).toEqual({ folded: 2, failed: 0 });
    expect(await keys()).toEqual([FOLDED, KEYS.keyState('gpu', 'new')]);
    expect(await folded()).toMatchObject({ observed: 5, arrivedMs: 7 });
    expect(await foldKeyStateShards(deps, LONG)).toEqual({ folded: 0, failed: 0 });
    await clock.advance(2 * HOUR);
    await foldKeyStateShards(deps, LONG);
    expect(await keys()).toEqual([FOLDED]);
    expect(await folded()).toMatchObject({ observed: 9 });
  });

  it('stops when the time is up, and the next goes on', async () => {
    const { clock, deps, store, write, keys } = classOfRunners();
    for (const id of ['old-1', 'old-2', 'old-3']) await write(id, { observed: 1 });
    await clock.advance(HOUR);
    const remove = store.delete.bind(store);
    store.delete = async (key) => clock.advance(1000).then(() => remove(key));
    const turn = () => new SweepTurn(deps, { untilMs: clock.nowMs() + 2000 });
    expect(await foldKeyStateShards(deps, { ...LONG, turn: turn() })).toEqual({ folded: 2, failed: 0 });
    expect(await foldKeyStateShards(deps, { ...LONG, turn: turn() })).toEqual({ folded: 1, failed: 0 });
    expect(await keys()).toEqual([FOLDED]);
  });

  it('leaves the shard of a runner that is there, however long its job keeps it from writing', async () => {
    const { clock, deps, write, keys } = classOfRunners();
    await write('busy', { observed: 2, releases: [[clock.nowMs(), 1]] });
    await clock.advance(2 * HOUR);
    const [startedAtMs, writtenAtMs, expiresAtMs] = [0, clock.nowMs(), clock.nowMs() + 180_000];
    const record = { startedAtMs, writtenAtMs, expiresAtMs, warmModels: [], job: null };
    await new RunnerRegistry(deps).write({ schemaVersion: 2, id: 'busy', runnerClass: 'gpu', ...record });
    expect(await foldKeyStateShards(deps, LONG)).toEqual({ folded: 0, failed: 0 });
    await clock.advance(180_000);
    expect(await foldKeyStateShards(deps, LONG)).toEqual({ folded: 1, failed: 0 });
    expect(await keys()).toEqual([FOLDED]);
  });

  it('adds a shard once, whoever sweeps at the same time', async () => {
    const { clock, deps, write, folded } = classOfRunners();
    for (let runner = 0; runner < 5; runner++) await write(`r${runner}`, { observed: 1 });
    await clock.advance(HOUR);
    await Promise.all([foldKeyStateShards(deps, LONG), foldKeyStateShards(deps, LONG)]);
    expect((await folded()).observed).toBe(5);
  });

  it('keeps releases open but those that a runner which is still there has used', async () => {
    const { clock, deps, write, folded } = classOfRunners();
    const [usedMs, openMs] = [clock.nowMs(), clock.nowMs() + 1];
    await write('old', {
      releases: [
        [usedMs, 3],
        [openMs, 3],
      ],
    });
    await clock.advance(HOUR);
    await write('new', { usedMs: [usedMs] });
    await foldKeyStateShards(deps, LONG);
    expect((await folded()).releases).toEqual([[openMs, 3]]);
  });

  it('deletes what is damaged, also where it is the sum', async () => {
    const { clock, deps, store, write, keys, folded } = classOfRunners();
    await store.put(KEYS.keyState('gpu', 'damaged'), new TextEncoder().encode('{'));
    await store.put(FOLDED, new TextEncoder().encode('{}'));
    await write('old', { observed: 1 });
    await clock.advance(HOUR);
    expect(await foldKeyStateShards(deps, LONG)).toEqual({ folded: 3, failed: 0 });
    expect(await keys()).toEqual([FOLDED]);
    expect((await folded()).observed).toBe(1);
  });

  it('happens earlier where nothing may stay for an hour', async () => {
    const { clock, deps, write } = classOfRunners();
    await write('old', { observed: 1 });
    await clock.advance(60_000);
    expect((await foldKeyStateShards(deps, { orphanGraceMs: 60_000 })).folded).toBe(1);
  });
});
