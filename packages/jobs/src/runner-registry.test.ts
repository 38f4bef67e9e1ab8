import { MemoryObjectStore } from '@preheat/adapters/memory';
import { KEYS, type RunnerRecord } from '@preheat/contracts';
import { type Log, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { RunnerRegistry } from './runner-registry.js';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

function registry() {
  const clock = new VirtualClock();
  const store = new MemoryObjectStore({ clock });
  const runners = new RunnerRegistry({ store, clock, log: quiet });
  const record = (id: string, aliveMs: number): RunnerRecord => {
    const nowMs = clock.nowMs();
    const times = { startedAtMs: nowMs, writtenAtMs: nowMs, expiresAtMs: nowMs + aliveMs };
    return { schemaVersion: 2, id, runnerClass: 'gpu', ...times, warmModels: [], job: null };
  };
  return { clock, store, runners, record };
}

describe('the registry of runners', () => {
  it('lists those whose record has not expired, and forgets the others', async () => {
    const { clock, store, runners, record } = registry();
    await runners.write(record('short', 1000));
    await runners.write(record('long', 2000));
    expect((await runners.alive()).map(({ id }) => id)).toEqual(['long', 'short']);
    await clock.advance(1000);
    expect((await runners.alive()).map(({ id }) => id)).toEqual(['long']);
    expect(await runners.sweep()).toBe(1);
    expect((await store.list(KEYS.runners)).entries.map(({ key }) => key)).toEqual([KEYS.runner('long')]);
    await runners.remove('long');
    expect(await runners.alive()).toEqual([]);
  });

  it('leaves out a record that cannot be read, and sweeps it', async () => {
    const { store, runners, record } = registry();
    await store.put(KEYS.runner('a'), new TextEncoder().encode('{"schemaVersion":1}'));
    await store.put(KEYS.runner('b'), new TextEncoder().encode('no JSON'));
    await runners.write(record('c', 1000));
    expect((await runners.alive()).map(({ id }) => id)).toEqual(['c']);
    expect(await runners.sweep()).toBe(2);
  });
});
